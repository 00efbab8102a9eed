package reports

import (
	"archive/zip"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// SetAside moves a workbook that somebody saved with another program out of the way of a new one: what was typed into it may not have been read back
// yet. It returns the name under which it is kept, "" if there is no file or nobody but this program wrote it.
func SetAside(path string) (kept string, err error) {
	own, err := ownWorkbook(path)
	if own || errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	stem := strings.TrimSuffix(path, ".xlsx")
	for n := 1; ; n++ {
		kept = fmt.Sprintf("%s-%s-%d.xlsx", stem, filledIn, n)
		if _, err := os.Lstat(kept); errors.Is(err, fs.ErrNotExist) {
			return kept, os.Rename(path, kept)
		} else if err != nil {
			return "", err
		}
	}
}

// ownWorkbook reports whether a file is as this program wrote it: every part bears the first day of the format, which no office program does.
func ownWorkbook(path string) (bool, error) {
	z, err := zip.OpenReader(path)
	if errors.Is(err, zip.ErrFormat) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer z.Close()
	for _, f := range z.File {
		if f.ModifiedDate != partDate {
			return false, nil
		}
	}
	return true, nil
}
