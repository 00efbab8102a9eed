package main

import (
	"context"
	"io"
	"sync"
)

// stoppable is standard input whose reading ends with the context: a terminal or pipe that says nothing would otherwise keep the program from
// ending at Ctrl-C. Nothing is read before somebody asks. The goroutine that then reads cannot be stopped; it ends with the process.
type stoppable struct {
	ctx   context.Context
	from  io.Reader
	start sync.Once
	pipe  *io.PipeReader
}

// Read reads; once the context is done its error is what is read.
func (s *stoppable) Read(b []byte) (int, error) {
	s.start.Do(func() {
		var w *io.PipeWriter
		s.pipe, w = io.Pipe()
		context.AfterFunc(s.ctx, func() { w.CloseWithError(s.ctx.Err()) })
		go func() {
			_, err := io.Copy(w, s.from)
			w.CloseWithError(err)
		}()
	})
	return s.pipe.Read(b)
}
