package main

import (
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/oschwald/maxminddb-golang/v2"

	"github.com/hunt365/hunt365/hunt/kql/duck"
)

// place is what address databases (GeoLite2 City, DB-IP City and their like)
// know of an address, as far as geo_info_from_ip_address() tells it.
type place struct {
	City         named   `maxminddb:"city"`
	Country      named   `maxminddb:"country"`
	Subdivisions []named `maxminddb:"subdivisions"`
	Location     struct {
		Latitude  *float64 `maxminddb:"latitude"`
		Longitude *float64 `maxminddb:"longitude"`
	} `maxminddb:"location"`
}

type named struct {
	Names struct {
		English string `maxminddb:"en"`
	} `maxminddb:"names"`
}

// openGeo opens an address database (.mmdb). The reader lives as long as the
// program: queries may still be reading it when their case closes.
func openGeo(file string) (duck.GeoLookup, error) {
	db, err := maxminddb.Open(file)
	if err != nil {
		return nil, fmt.Errorf("open address database %s: %w", file, err)
	}
	return func(addr netip.Addr) (string, bool) {
		var p place
		found := db.Lookup(addr)
		if !found.Found() || found.Decode(&p) != nil {
			return "", false
		}
		return p.bag(), true
	}, nil
}

// bag writes what is known of a place in Kusto's names.
func (p place) bag() string {
	out := struct {
		Country   string   `json:"country,omitempty"`
		State     string   `json:"state,omitempty"`
		City      string   `json:"city,omitempty"`
		Latitude  *float64 `json:"latitude,omitempty"`
		Longitude *float64 `json:"longitude,omitempty"`
	}{Country: p.Country.Names.English, City: p.City.Names.English, Latitude: p.Location.Latitude, Longitude: p.Location.Longitude}
	if len(p.Subdivisions) > 0 {
		out.State = p.Subdivisions[0].Names.English
	}
	text, err := json.Marshal(out)
	if err != nil { // a latitude that is no number
		return "{}"
	}
	return string(text)
}
