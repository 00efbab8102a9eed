package reports

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// A File is an output that appears under its name complete or not at all: it is written beside its place, synced and renamed.
type File struct {
	path string
	tmp  *os.File
	done bool
}

// Create opens the file that Commit will put at path, readable by its owner only; missing folders are made, for their owner only. A path
// that is a device or a pipe is written to directly; what a symbolic link names is replaced, not the link.
func Create(path string) (*File, error) {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	switch info, err := os.Stat(path); {
	case err == nil && info.IsDir():
		return nil, fmt.Errorf("write %s: it is a folder; give the name of a file in it", path)
	case err == nil && !info.Mode().IsRegular():
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return nil, fmt.Errorf("write %s: %w", path, cause(err))
		}
		return &File{tmp: f}, nil
	}
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder %s: %w", dir, cause(err))
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+".*.part") // 0600
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", path, cause(err))
	}
	return &File{path: path, tmp: f}, nil
}

// Write appends to the file.
func (f *File) Write(p []byte) (int, error) {
	n, err := f.tmp.Write(p)
	if err != nil {
		return n, fmt.Errorf("write %s: %w", f.name(), cause(err))
	}
	return n, nil
}

// Commit puts the file at its path. When it fails the old file, or none, is there. The File is closed either way.
func (f *File) Commit() error {
	if f.done {
		return fmt.Errorf("write %s: it is closed already", f.name())
	}
	f.done = true
	if f.path == "" {
		return f.tmp.Close()
	}
	err := f.tmp.Sync()
	err = errors.Join(err, f.tmp.Close())
	if err == nil {
		err = os.Rename(f.tmp.Name(), f.path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", f.path, cause(err)), os.Remove(f.tmp.Name()))
	}
	syncDir(filepath.Dir(f.path))
	return nil
}

// Abort throws away what was written, unless it was committed: it may always be deferred.
func (f *File) Abort() {
	if f.done {
		return
	}
	f.done = true
	_ = f.tmp.Close()
	if f.path != "" {
		_ = os.Remove(f.tmp.Name())
	}
}

func (f *File) name() string {
	if f.path == "" {
		return f.tmp.Name()
	}
	return f.path
}

// syncDir makes a rename last through a power cut. Not every file system can do it, and the file itself is safe by then: an error changes nothing.
func syncDir(dir string) {
	if d, err := os.Open(dir); err == nil {
		_ = d.Sync()
		_ = d.Close()
	}
}

// cause strips the name of the temporary file, which means nothing to the user.
func cause(err error) error {
	var path *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
