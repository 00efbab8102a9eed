package store
type Problem struct{ Case string; Event int64; What string }
