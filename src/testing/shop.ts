/** A small shop as manifests: a web server that may read a database, a stranger that may not. */
export const SHOP = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, netpol/db: "true"}}
    spec: {containers: [{name: web, ports: [{name: http, containerPort: 8080}]}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: db, ports: [{name: sql, containerPort: 5432}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: stranger, namespace: shop}
spec: {containers: []}
status: {phase: Running, podIP: 10.1.0.9}
`;

export const DB_ACCESS = `apiVersion: serviceaccess.dev/v1alpha1
kind: ServiceAccess
metadata: {name: db, namespace: shop}
spec:
  target: {workload: {kind: StatefulSet, name: db}}
  ports: [{port: 5432}]
  permits: {dns: false}
`;
