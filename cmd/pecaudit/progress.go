package main

import (
	"io"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress shows how far an audit is: a line for each pass, on a terminal only.
type progress struct {
	bars *mpb.Progress
	bar  *mpb.Bar
	pass string
}

// startProgress returns nil where there is nothing to show it on; every method works on nil.
func startProgress(w io.Writer) *progress {
	if w == nil {
		return nil
	}
	return &progress{bars: mpb.New(mpb.WithOutput(w), mpb.WithWidth(50))}
}

// step is audit.Audit.Progress.
func (p *progress) step(pass string, done, total int) {
	if p == nil {
		return
	}
	if pass != p.pass {
		p.end()
		p.pass = pass
		filler := mpb.BarFillerBuilder(mpb.BarStyle())
		if total == 0 { // how many there are is what the pass counts
			filler = mpb.NopStyle()
		}
		p.bar = p.bars.New(int64(total), filler,
			mpb.PrependDecorators(decor.Name(pass, decor.WC{W: 8, C: decor.DindentRight}), decor.CurrentNoUnit("%d rows ", decor.WC{W: 14})),
			mpb.AppendDecorators(decor.AverageSpeed(0, "%.0f/s ", decor.WC{W: 12}), decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO, decor.WC{W: 6}), "done")))
	}
	p.bar.SetTotal(int64(max(total, done+1)), false)
	p.bar.SetCurrent(int64(done))
}

func (p *progress) end() {
	if p != nil && p.bar != nil {
		p.bar.SetTotal(-1, true)
		p.bar = nil
	}
}

// wait ends the last pass and leaves the lines on the screen.
func (p *progress) wait() {
	if p != nil {
		p.end()
		p.bars.Wait()
	}
}
