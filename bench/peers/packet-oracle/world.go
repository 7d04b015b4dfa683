package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/yaml"
	policy "sigs.k8s.io/network-policy-api/apis/v1alpha2"
)

type world struct {
	namespaces map[string]*core.Namespace
	pods       []*core.Pod
	policies   []*networking.NetworkPolicy
	cluster    []*policy.ClusterNetworkPolicy
}

func readWorld(dir string, raw bool) (*world, error) {
	found := &world{namespaces: map[string]*core.Namespace{}}
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".yaml") {
			return err
		}
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := found.readFile(file, raw); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		return nil
	})
	return found, err
}

func (w *world) readFile(file io.Reader, raw bool) error {
	decoder := yaml.NewYAMLOrJSONDecoder(file, 1<<16)
	for {
		var document json.RawMessage
		if err := decoder.Decode(&document); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := w.add(document, "", raw); err != nil {
			return err
		}
	}
}

// add takes a single object or a list; the items of a typed list do not repeat their kind.
func (w *world) add(document json.RawMessage, itemKind string, raw bool) error {
	var head struct {
		Kind  string
		Items []json.RawMessage
	}
	if err := json.Unmarshal(document, &head); err != nil {
		return err
	}
	if head.Kind == "" {
		head.Kind = itemKind
	}
	switch {
	case strings.HasSuffix(head.Kind, "List"):
		for _, item := range head.Items {
			if err := w.add(item, strings.TrimSuffix(head.Kind, "List"), raw); err != nil {
				return err
			}
		}
	case head.Kind == "Namespace":
		return w.addNamespace(document)
	case head.Kind == "Pod":
		return w.addPod(document)
	case head.Kind == "NetworkPolicy":
		return w.addPolicy(document, raw)
	case head.Kind == "ClusterNetworkPolicy":
		object := &policy.ClusterNetworkPolicy{}
		w.cluster = append(w.cluster, object)
		return json.Unmarshal(document, object)
	}
	return nil
}

func (w *world) addNamespace(document json.RawMessage) error {
	object := &core.Namespace{}
	if err := json.Unmarshal(document, object); err != nil {
		return err
	}
	if object.Labels == nil {
		object.Labels = map[string]string{}
	}
	object.Labels[core.LabelMetadataName] = object.Name
	w.namespaces[object.Name] = object
	return nil
}

func (w *world) addPod(document json.RawMessage) error {
	object := &core.Pod{}
	if err := json.Unmarshal(document, object); err != nil {
		return err
	}
	defaultNamespace(&object.Namespace)
	for _, containers := range [][]core.Container{object.Spec.Containers, object.Spec.InitContainers} {
		for _, container := range containers {
			for i := range container.Ports {
				if container.Ports[i].Protocol == "" {
					container.Ports[i].Protocol = core.ProtocolTCP
				}
			}
		}
	}
	w.pods = append(w.pods, object)
	return nil
}

func (w *world) addPolicy(document json.RawMessage, raw bool) error {
	object := &networking.NetworkPolicy{}
	if err := json.Unmarshal(document, object); err != nil {
		return err
	}
	defaultNamespace(&object.Namespace)
	applyDefaults(&object.Spec)
	if !raw {
		forgetEmptyLists(&object.Spec)
	}
	w.policies = append(w.policies, object)
	return nil
}

func defaultNamespace(namespace *string) {
	if *namespace == "" {
		*namespace = core.NamespaceDefault
	}
}

// applyDefaults does what the API server does before it stores a policy.
func applyDefaults(spec *networking.NetworkPolicySpec) {
	if len(spec.PolicyTypes) == 0 {
		spec.PolicyTypes = []networking.PolicyType{networking.PolicyTypeIngress}
		if len(spec.Egress) > 0 {
			spec.PolicyTypes = append(spec.PolicyTypes, networking.PolicyTypeEgress)
		}
	}
	for _, rule := range spec.Ingress {
		defaultProtocols(rule.Ports)
	}
	for _, rule := range spec.Egress {
		defaultProtocols(rule.Ports)
	}
}

func defaultProtocols(ports []networking.NetworkPolicyPort) {
	tcp := core.ProtocolTCP
	for i := range ports {
		if ports[i].Protocol == nil {
			ports[i].Protocol = &tcp
		}
	}
}

// forgetEmptyLists does what a trip through storage does: it keeps no difference between empty and absent.
func forgetEmptyLists(spec *networking.NetworkPolicySpec) {
	if len(spec.Ingress) == 0 {
		spec.Ingress = nil
	}
	if len(spec.Egress) == 0 {
		spec.Egress = nil
	}
}
