package report

import (
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/hunt365/hunt365/hunt"
	"github.com/hunt365/hunt365/hunt/schema"
)

// RowsParquet writes rows as one Parquet file. Datetimes become UTC timestamps
// in microseconds, which lose KQL's seventh digit; timespans, guids and decimals
// are text, and dynamics are JSON.
func RowsParquet(w io.Writer, rows hunt.Rows) error {
	columns := rows.Columns()
	out := parquet.NewWriter(w, parquet.NewSchema("rows", newOrdered(columns)), parquet.Compression(&parquet.Zstd))
	row := make(parquet.Row, len(columns))
	for rows.Next() {
		for i, v := range rows.Row() {
			value, level := parquetValue(v, columns[i].Type), 1
			if value.IsNull() {
				level = 0
			}
			row[i] = value.Level(0, level, i)
		}
		if _, err := out.WriteRows([]parquet.Row{row}); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return out.Close()
}

// ordered is a group that keeps its columns in the order of the result, where
// parquet.Group sorts them by name.
type ordered struct {
	parquet.Group
	fields []parquet.Field
}

func newOrdered(columns []schema.Column) ordered {
	o := ordered{Group: parquet.Group{}}
	for _, c := range columns {
		o.Group[c.Name] = parquet.Optional(parquetNode(c.Type))
	}
	byName := map[string]parquet.Field{}
	for _, f := range o.Group.Fields() {
		byName[f.Name()] = f
	}
	for _, c := range columns {
		o.fields = append(o.fields, byName[c.Name])
	}
	return o
}

// Fields returns the columns in the order of the result.
func (o ordered) Fields() []parquet.Field { return o.fields }

func parquetNode(t schema.Type) parquet.Node {
	switch t {
	case schema.Bool:
		return parquet.Leaf(parquet.BooleanType)
	case schema.Int, schema.Long:
		return parquet.Int(64)
	case schema.Real:
		return parquet.Leaf(parquet.DoubleType)
	case schema.DateTime:
		return parquet.Timestamp(parquet.Microsecond)
	case schema.Dynamic:
		return parquet.JSON()
	}
	return parquet.String()
}

func parquetValue(v any, t schema.Type) parquet.Value {
	switch v := v.(type) {
	case nil:
		return parquet.NullValue()
	case bool:
		return parquet.BooleanValue(v)
	case float64:
		return parquet.DoubleValue(v)
	case int64:
		switch t {
		case schema.DateTime:
			return parquet.Int64Value(schema.Time(v).UnixMicro())
		case schema.TimeSpan:
			return parquet.ByteArrayValue([]byte(schema.FormatTimeSpan(v)))
		}
		return parquet.Int64Value(v)
	case string:
		return parquet.ByteArrayValue([]byte(v))
	}
	return parquet.NullValue()
}
