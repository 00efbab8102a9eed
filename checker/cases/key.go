package cases

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"pecaudit/checker"
)

// ID returns what names the case of the key that was found on a day: 16 hexadecimal digits of a SHA-256. With ten million cases the odds that
// any two share a name are below one in 100,000.
func (k Key) ID(found checker.Date) string {
	var b []byte
	for _, s := range []string{k.Company, k.Address, string(k.Family), k.Chamber, found.String()} {
		b = binary.AppendUvarint(b, uint64(len(s))) // so that no two lists of texts read alike
		b = append(b, s...)
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// Compare orders keys by company, address, family, chamber, as bytes.
func (k Key) Compare(o Key) int {
	return cmp.Or(strings.Compare(k.Company, o.Company), strings.Compare(k.Address, o.Address),
		strings.Compare(string(k.Family), string(o.Family)), strings.Compare(k.Chamber, o.Chamber))
}
