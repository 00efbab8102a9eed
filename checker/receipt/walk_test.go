package receipt

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// walk lists what Walk yields: "name: text" or "name! error".
func walk(t testing.TB, path, stdin string, limit int) []string {
	t.Helper()
	w := walker{context.Background(), nil, limit}
	var got []string
	w.yield = func(name string, raw []byte, err error) error {
		if err != nil {
			got = append(got, name+"! "+err.Error())
		} else {
			got = append(got, name+": "+string(raw))
		}
		return nil
	}
	var err error
	if path == "-" {
		err = w.stream(path, strings.NewReader(stdin))
	} else {
		err = w.folder(path)
	}
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestWalkStream(t *testing.T) {
	t.Parallel()
	const a, b, c = "From a@b.example Mon Nov  2 09:00:05 2026\n", "From - \n", "From \n"
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"message":               {"From: a\n\nText", []string{"-: From: a\n\nText"}},
		"empty":                 {"", []string{"-! -: the file is empty"}},
		"too large":             {strings.Repeat("x", 101), []string{"-! -: larger than 100 bytes: no certified message is"}},
		"mbox of one":           {a + "X: 1\n\nText\n", []string{"-/1: X: 1\n\nText\n"}},
		"mbox":                  {a + "X: 1\n\nText\n\n" + b + "X: 2\n\n\n" + c + "X: 3\n", []string{"-/1: X: 1\n\nText\n", "-/2: X: 2\n\n", "-/3: X: 3\n"}},
		"mbox with CRLF":        {a[:5] + "\r\nX: 1\r\n\r\nText\r\n\r\n" + "From x\r\nX: 2\r\n", []string{"-/1: X: 1\r\n\r\nText\r\n", "-/2: X: 2\r\n"}},
		"From inside":           {a + "X: 1\n\nText\nFrom here\n", []string{"-/1: X: 1\n\nText\nFrom here\n"}},
		"quoted From":           {a + "X: 1\n\n>From here\n>>From\n>>From there\n>from\n> From\n", []string{"-/1: X: 1\n\nFrom here\n>>From\n>From there\n>from\n> From\n"}},
		"empty messages":        {c + c + "\n" + c, []string{"-/1: " + c, "-/2: "}},
		"large among small":     {a + "X: 1\n\n" + strings.Repeat("x\n", 60) + "\n" + b + "X: 2\n", []string{"-/1! -/1: larger than 100 bytes: no certified message is", "-/2: X: 2\n"}},
		"line longer than read": {a + strings.Repeat("x", 70<<10) + "From \n\n" + b + "X: 2\n", []string{"-/1! -/1: larger than 100 bytes: no certified message is", "-/2: X: 2\n"}},
	} {
		if diff := cmp.Diff(test.want, walk(t, "-", test.text, 100)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// Messages written as mboxrd come back as they were.
func TestWalkMboxProperty(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		line := rapid.SampledFrom([]string{"", "From", "From ", ">From x", ">>From ", "X: y", " From ", "\r"})
		messages := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string {
			return strings.Join(rapid.SliceOfN(line, 1, 8).Draw(t, "lines"), "\n") + "\n"
		}), 1, 4).Draw(t, "messages")
		var mbox strings.Builder
		var want []string
		for i, m := range messages {
			mbox.WriteString("From x\n")
			for l := range strings.Lines(m) {
				if strings.HasPrefix(strings.TrimLeft(l, ">"), "From ") {
					l = ">" + l
				}
				mbox.WriteString(l)
			}
			mbox.WriteString("\n")
			want = append(want, "-/"+string(rune('1'+i))+": "+m)
		}
		var got []string
		w := walker{context.Background(), func(name string, raw []byte, _ error) error {
			got = append(got, name+": "+string(raw))
			return nil
		}, 1 << 20}
		if err := w.stream("-", iotest.OneByteReader(strings.NewReader(mbox.String()))); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q: %s", mbox.String(), diff)
		}
	})
}

func TestWalkFolder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write := func(name, text string) {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("b.eml", "B")
	write("a/c.eml", "C")
	write("a/posta.mbox", "From x\nD\n\nFrom x\nE\n")
	write("a/.DS_Store", "hidden")
	write("z-empty.eml", "")
	write("m/cur/1:2,S", "F")
	write("m/new/2", "G")
	write("m/tmp/3", "being delivered")
	write("m/dovecot-uidlist", "index")
	write("m/.Sent/cur/4:2,S", "H")
	write("m/.Sent/new/.keep", "")
	write("tmp/5.eml", "I") // of no Maildir
	for link, target := range map[string]string{"l-file": "b.eml", "l-loop": ".", "l-nowhere": "nothing"} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(filepath.Join(root, "pipe"), 0o600); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, line := range walk(t, root, "", 100) {
		got = append(got, strings.ReplaceAll(filepath.ToSlash(line), filepath.ToSlash(root)+"/", ""))
	}
	want := []string{
		"a/c.eml: C",
		"a/posta.mbox/1: D\n", "a/posta.mbox/2: E\n",
		"b.eml: B",
		"l-file: B",
		"l-loop! l-loop: a link to a folder is not followed: give the folder itself",
		"l-nowhere! stat l-nowhere: no such file or directory",
		"m/.Sent/cur/4:2,S: H",
		"m/cur/1:2,S: F",
		"m/new/2: G",
		"pipe! pipe: not a regular file",
		"tmp/5.eml: I",
		"z-empty.eml! z-empty.eml: the file is empty",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWalk(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	file := filepath.Join(t.TempDir(), "a.eml")
	if err := os.WriteFile(file, []byte("A"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Dir(file), "-"} {
		n := 0
		err := Walk(ctx, path, strings.NewReader("A"), func(name string, raw []byte, err error) error {
			n++
			if want := file; path != "-" && name != want || path == "-" && name != "-" || string(raw) != "A" || err != nil {
				t.Errorf("%s: %s, %q, %v", path, name, raw, err)
			}
			return nil
		})
		if n != 1 || err != nil {
			t.Errorf("%s: %d messages, error %v", path, n, err)
		}
	}
	missing := filepath.Join(t.TempDir(), "missing")
	failures := 0
	if err := Walk(ctx, missing, nil, func(name string, _ []byte, err error) error {
		if failures++; name != missing || !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	}); err != nil || failures != 1 {
		t.Errorf("a missing path: %d failures, error %v", failures, err)
	}

	stop := errors.New("stop")
	if err := Walk(ctx, file, nil, func(string, []byte, error) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("yield's error: %v", err)
	}
	broken := io.MultiReader(strings.NewReader("From x\nA\n\nFrom x\nB\n"), iotest.ErrReader(stop))
	var got []string
	if err := Walk(ctx, "-", broken, func(name string, raw []byte, err error) error {
		got = append(got, name)
		if (name == "-/2") != errors.Is(err, stop) {
			t.Errorf("%s: %q, %v", name, raw, err)
		}
		return nil
	}); err != nil || len(got) != 2 {
		t.Errorf("a reader that breaks: %q, %v", got, err)
	}

	ended, cancel := context.WithCancel(ctx)
	got = nil
	err := Walk(ended, "-", strings.NewReader("From x\nA\n\nFrom x\nB\n\nFrom x\nC\n"), func(name string, _ []byte, _ error) error {
		got = append(got, name)
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || len(got) != 1 {
		t.Errorf("ended: %q, %v", got, err)
	}
	if err := Walk(ended, file, nil, func(string, []byte, error) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("ended before: %v", err)
	}
}
