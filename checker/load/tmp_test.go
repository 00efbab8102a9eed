package load
import ("testing";"os";"time";"io";"runtime";"github.com/xuri/excelize/v2")
func BenchmarkTmpMake(b *testing.B) {
	for i, sh := range []bool{false,true} {
		p := benchBook(b, 1000000, sh)
		in,_ := os.Open(p); out,_ := os.Create([]string{"/tmp/xl/inline.xlsx","/tmp/xl/shared.xlsx"}[i]); io.Copy(out,in); out.Close(); in.Close()
	}
}
func TestTmpScan(t *testing.T) {
	w, done := openTestBook(t, os.Getenv("XL")); defer done()
	start := time.Now(); n := 0
	err := w.scanRows(t.Context(), &w.sheets[0], extent{lastRow: excelize.TotalRows}, func(r *sheetRow) error { n += len(r.cells); return nil })
	t.Log(n, err, time.Since(start))
}
func TestTmpOpen(t *testing.T) {
	start := time.Now()
	l, err := Open(t.Context(), os.Getenv("XL"), 0, options(t))
	if err != nil { t.Fatal(err) }
	t.Log(time.Since(start))
	var m runtime.MemStats; runtime.GC(); runtime.ReadMemStats(&m); t.Log(m.HeapAlloc>>20)
	start = time.Now()
	err = l.Read(t.Context(), func(*Batch) error {return nil})
	t.Log(l.Counts.Rows, err, time.Since(start)); l.Close()
}
