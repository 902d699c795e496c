package kql

// scope holds the names that let statements and parameters declare.
type scope struct {
	parent *scope
	names  map[string]*binding
	order  []*binding
}

// binding is what a name stands for: exactly one of shared, x, fn and err is set.
type binding struct {
	shared *Shared
	x      Scalar
	deps   []*Shared // that x reads
	fn     *FuncLit
	home   *scope // where fn was declared
	err    error  // the let's own fault, reported where it is used
	used   bool
}

func newScope(parent *scope) *scope {
	return &scope{parent: parent, names: map[string]*binding{}}
}

func (s *scope) declare(name string, b *binding) {
	s.names[name] = b
	s.order = append(s.order, b)
}

func (s *scope) lookup(name string) *binding {
	for ; s != nil; s = s.parent {
		if b := s.names[name]; b != nil {
			b.used = true
			return b
		}
	}
	return nil
}

// unusedFault returns the error of a let that nothing used.
func (s *scope) unusedFault() error {
	for _, b := range s.order {
		if b.err != nil && !b.used {
			return b.err
		}
	}
	return nil
}

// allNames lists what can be seen from s, for suggestions.
func (s *scope) allNames(keep func(*binding) bool) []string {
	var out []string
	for ; s != nil; s = s.parent {
		for n, b := range s.names {
			if keep(b) {
				out = append(out, n)
			}
		}
	}
	return out
}

// let declares a name. Faults wait until the name is used (or never is).
func (b *binder) let(st *LetStmt, sc *scope) error {
	name := st.Name.Text
	if _, dup := sc.names[name]; dup {
		return errAt(st.Name, "", "%q is already declared", name)
	}
	if fn, ok := st.Value.(*FuncLit); ok {
		sc.declare(name, &binding{fn: fn, home: sc})
		return nil
	}
	var v value
	deps, err := b.isolated(func() (err error) {
		v, err = b.any(st.Value, sc)
		return err
	})
	switch {
	case err != nil:
		sc.declare(name, &binding{err: err})
	case v.rel != nil:
		sc.declare(name, &binding{shared: b.shareNamed(name, v.rel, deps)})
	default:
		sc.declare(name, &binding{x: v.x, deps: deps, err: checkSize(v.x, st.Value)})
	}
	return nil
}

// shareNamed shares rel, or what it refers to if it only reads another.
func (b *binder) shareNamed(name string, rel Rel, deps []*Shared) *Shared {
	if r, ok := rel.(*RefRel); ok && len(deps) == 1 {
		if r.Shared.Name == "" {
			r.Shared.Name = name
		}
		return r.Shared
	}
	return b.share(name, rel, deps)
}

// useScalar inlines a scalar binding.
func (b *binder) useScalar(bind *binding) Scalar {
	*b.deps = append(*b.deps, bind.deps...)
	return bind.x
}
