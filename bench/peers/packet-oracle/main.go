// packet-oracle asks sigs.k8s.io/kube-network-policies what it does with single packets, without a kernel: it reads
// manifests and prints, for every probed port, which ordered pairs of pods and addresses get through.
//
//	packet-oracle -dir manifests -probe TCP/80,UDP/53 [-address 192.0.2.1] [-raw] [-count]
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	dir := flag.String("dir", ".", "folder of manifests, read with its subfolders")
	probes := flag.String("probe", "TCP/80", "ports, separated by commas")
	addresses := flag.String("address", "", "addresses outside the cluster that take part, separated by commas")
	raw := flag.Bool("raw", false, "keep empty rule lists as they are decoded, which the API server's storage does not")
	count := flag.Bool("count", false, "print only how many packets were asked about and got through")
	flag.Parse()
	if err := run(*dir, split(*probes), split(*addresses), *raw, *count); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(dir string, probes, addresses []string, raw, count bool) error {
	world, err := readWorld(dir, raw)
	if err != nil {
		return err
	}
	oracle := newOracle(world, addresses)
	if count {
		return oracle.count(probes)
	}
	answers := map[string]answer{}
	for _, probe := range probes {
		if answers[probe], err = oracle.ask(probe); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(answers)
}

func split(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}
