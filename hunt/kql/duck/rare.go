package duck

import (
	"fmt"

	"github.com/hunt365/hunt365/hunt/kql"
)

func (l *lowerer) topNested(n *kql.TopNestedRel) (*rel, error) {
	return nil, fmt.Errorf("top-nested is not supported")
}

func (l *lowerer) plugin(n *kql.PluginRel) (*rel, error) {
	return nil, fmt.Errorf("%s is not supported", n.Name)
}

// scanState is what the steps of scan read.
type scanState struct{ cols map[int]string }

func (l *lowerer) scanRel(n *kql.ScanRel) (*rel, error) {
	return nil, fmt.Errorf("scan is not supported")
}

func (l *lowerer) stateRef(x *kql.StateRef) (expr, error) {
	return expr{}, fmt.Errorf("scan is not supported")
}
