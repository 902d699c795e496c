package duck

import (
	"fmt"

	"github.com/hunt365/hunt365/hunt/kql"
)

func (l *lowerer) plugin(n *kql.PluginRel) (*rel, error) {
	return nil, fmt.Errorf("%s is not supported", n.Name)
}
