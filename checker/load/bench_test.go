package load

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"testing"
)

// register writes n synthetic positions of twelve columns, one name in ten quoted.
func register(n int) []byte {
	random := rand.New(rand.NewPCG(42, 7))
	var b bytes.Buffer
	b.WriteString("cciaa;rea;codice_fiscale;denominazione;natura_giuridica;stato;comune;pec;data_iscrizione_pec;data_scadenza_pec;localizzazione;note\r\n")
	sigle := [...]string{"MI", "RM", "TO", "FO"}
	for i := range n {
		name := fmt.Sprintf("ALFA %d S.R.L.", i)
		if i%10 == 0 {
			name = `"` + name + ` ""BETA""; E C."`
		}
		sigla := sigle[random.IntN(len(sigle))]
		fmt.Fprintf(&b, "%s;%s-%d;%s;%s;SR;ATTIVA;COMUNE;alfa.%d@pec-%d.example;%02d/%02d/2015;;SEDE;\r\n",
			sigla, sigla, 1000000+i, numericCode(i), name, i, random.IntN(5000), 1+i%28, 1+i%12)
	}
	return b.Bytes()
}

// numericCode returns the 11-digit code number i, with its check digit.
func numericCode(i int) string {
	b := []byte(fmt.Sprintf("%010d0", i%1e10))
	sum := 0
	for k, c := range b[:10] {
		d := int(c - '0')
		if k%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	b[10] = byte('0' + (10-sum%10)%10)
	return string(b)
}

const benchRows = 100_000

func BenchmarkRead(b *testing.B) {
	text := string(register(benchRows))
	path := write(b, "register.csv", text)
	l, err := Open(b.Context(), path, 0, options(b))
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		rows := 0
		err := l.Read(b.Context(), func(batch *Batch) error {
			rows += len(batch.Companies)
			return nil
		})
		if err != nil || rows != benchRows {
			b.Fatal(rows, err)
		}
	}
	b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkOpen(b *testing.B) {
	text := string(register(benchRows))
	path := write(b, "register.csv", text)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		l, err := Open(b.Context(), path, 0, options(b))
		if err != nil {
			b.Fatal(err)
		}
		l.Close()
	}
}

// BenchmarkCut and BenchmarkEncodingCSV cut the same text into records and do nothing else.
func BenchmarkCut(b *testing.B) {
	text := string(register(benchRows))
	d := dialect{delim: ';', width: 12, quoted: maxQuoted}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var cells []string
		rows := 0
		for at := 0; at < len(text); rows++ {
			var n int
			n, cells, _ = d.cut(text[at:], true, cells)
			at += n
		}
		if rows != benchRows+1 {
			b.Fatal(rows)
		}
	}
	b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkEncodingCSV(b *testing.B) {
	text := register(benchRows)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		r := csv.NewReader(bytes.NewReader(text))
		r.Comma, r.ReuseRecord = ';', true
		rows := 0
		for {
			if _, err := r.Read(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				b.Fatal(err)
			}
			rows++
		}
		if rows != benchRows+1 {
			b.Fatal(rows)
		}
	}
	b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
