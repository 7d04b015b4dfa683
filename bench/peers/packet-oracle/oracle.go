package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"

	core "k8s.io/api/core/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/klog/v2"
	"sigs.k8s.io/kube-network-policies/pkg/api"
	"sigs.k8s.io/kube-network-policies/pkg/network"
	"sigs.k8s.io/kube-network-policies/pkg/networkpolicy"
	clusterwide "sigs.k8s.io/kube-network-policies/plugins/npa-v1alpha2"
	policy "sigs.k8s.io/network-policy-api/apis/v1alpha2"
	policyfake "sigs.k8s.io/network-policy-api/pkg/client/clientset/versioned/fake"
	policyinformers "sigs.k8s.io/network-policy-api/pkg/client/informers/externalversions"
)

type answer struct {
	Allowed []string `json:"allowed"`
	Denied  []string `json:"denied"`
}

type oracle struct {
	engine    *networkpolicy.PolicyEngine
	endpoints []endpoint
}

type endpoint struct {
	name    string
	address net.IP
	isPod   bool
}

// podsByAddress is how the engine learns which pod a packet belongs to.
type podsByAddress map[string]*api.PodInfo

func (pods podsByAddress) GetPodInfoByIP(address string) (*api.PodInfo, bool) {
	info, known := pods[address]
	return info, known
}

func newOracle(w *world, addresses []string) *oracle {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	endpoints := []endpoint{}
	for _, pod := range w.pods {
		if address := net.ParseIP(pod.Status.PodIP); address != nil {
			endpoints = append(endpoints, endpoint{pod.Namespace + "/" + pod.Name, address, true})
		}
	}
	for _, address := range addresses {
		endpoints = append(endpoints, endpoint{address, net.ParseIP(address), false})
	}
	return &oracle{networkpolicy.NewPolicyEngine(knownPods(w), evaluators(w)), endpoints}
}

// knownPods leaves out what the project's own resolver leaves out: pods on the host's network, and pods that are not
// running where another pod has the same address.
func knownPods(w *world) podsByAddress {
	known := podsByAddress{}
	for _, pod := range w.pods {
		address := net.ParseIP(pod.Status.PodIP)
		if address == nil || pod.Spec.HostNetwork {
			continue
		}
		if _, isTaken := known[address.String()]; isTaken && pod.Status.Phase != core.PodRunning {
			continue
		}
		known[address.String()] = api.NewPodInfo(pod, namespaceLabels(w, pod.Namespace), nil, "")
	}
	return known
}

func namespaceLabels(w *world, name string) map[string]string {
	if namespace, known := w.namespaces[name]; known {
		return namespace.Labels
	}
	return map[string]string{core.LabelMetadataName: name}
}

// evaluators are fed by hand what informers would deliver.
func evaluators(w *world) []api.PolicyEvaluator {
	objects := informers.NewSharedInformerFactory(fake.NewSimpleClientset(), 0)
	clusterObjects := policyinformers.NewSharedInformerFactory(policyfake.NewSimpleClientset(), 0)
	namespaces, pods := objects.Core().V1().Namespaces(), objects.Core().V1().Pods()
	policies, nodes := objects.Networking().V1().NetworkPolicies(), objects.Core().V1().Nodes()
	cluster := clusterObjects.Policy().V1alpha2().ClusterNetworkPolicies()
	for _, namespace := range w.namespaces {
		_ = namespaces.Informer().GetStore().Add(namespace)
	}
	for _, pod := range w.pods {
		_ = pods.Informer().GetStore().Add(pod)
	}
	for _, object := range w.policies {
		_ = policies.Informer().GetStore().Add(object)
	}
	for _, object := range w.cluster {
		_ = cluster.Informer().GetStore().Add(object)
	}
	return []api.PolicyEvaluator{
		clusterwide.NewClusterNetworkPolicy(policy.AdminTier, cluster, nil, nodes.Lister()),
		networkpolicy.NewStandardNetworkPolicy("oracle", namespaces, pods, policies),
		clusterwide.NewClusterNetworkPolicy(policy.BaselineTier, cluster, nil, nodes.Lister()),
	}
}

func (o *oracle) ask(probe string) (answer, error) {
	found := answer{Allowed: []string{}, Denied: []string{}}
	err := o.eachPacket(probe, func(from, to endpoint, passes bool) {
		pair := from.name + " > " + to.name
		if passes {
			found.Allowed = append(found.Allowed, pair)
		} else {
			found.Denied = append(found.Denied, pair)
		}
	})
	return found, err
}

func (o *oracle) count(probes []string) error {
	for _, probe := range probes {
		asked, passed := 0, 0
		err := o.eachPacket(probe, func(_, _ endpoint, passes bool) {
			asked++
			if passes {
				passed++
			}
		})
		if err != nil {
			return err
		}
		fmt.Fprintln(os.Stdout, probe, asked, passed)
	}
	return nil
}

// eachPacket leaves out what never leaves its pod, and what never meets a pod.
func (o *oracle) eachPacket(probe string, visit func(from, to endpoint, passes bool)) error {
	protocol, number, _ := strings.Cut(probe, "/")
	port, err := strconv.Atoi(number)
	if err != nil {
		return fmt.Errorf("%q is no port such as TCP/80", probe)
	}
	for _, from := range o.endpoints {
		for _, to := range o.endpoints {
			if from.name == to.name || !from.isPod && !to.isPod {
				continue
			}
			packet := network.Packet{
				Family: familyOf(to.address), Proto: core.Protocol(protocol),
				SrcIP: from.address, SrcPort: 40000, DstIP: to.address, DstPort: port,
			}
			passes, err := o.engine.EvaluatePacket(context.Background(), &packet)
			if err != nil {
				return err
			}
			visit(from, to, passes)
		}
	}
	return nil
}

func familyOf(address net.IP) core.IPFamily {
	if address.To4() != nil {
		return core.IPv4Protocol
	}
	return core.IPv6Protocol
}
