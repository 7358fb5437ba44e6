#!/usr/bin/env bats
# SPDX-FileCopyrightText: 2026 The hello-http authors
# SPDX-License-Identifier: MIT
#
# The example for Kubernetes, as far as that goes without a cluster. The others
# are run in tests/systemd/examples.bats, and HAProxy's in tests/differential.

load helper

MANIFEST=$REPOSITORY/examples/kubernetes.yaml

INSIDE=()
# What each program below begins with.
BEGIN='
import sys
import yaml

documents = list(yaml.safe_load_all(open(sys.argv[1])))
deployment, service = documents
pod = deployment["spec"]["template"]
[container] = pod["spec"]["containers"]
probes = [container[kind + "Probe"] for kind in ("startup", "readiness", "liveness")]
'

setup() {
	need_module yaml
}

need_module() {
	/usr/bin/python3 -c "import importlib.util as u; u.find_spec('$1') or exit(1)" ||
		skip "Python's $1 is not installed"
}

# check_manifest FILE [ARGS...] <PROGRAM: runs it, in the namespaces of INSIDE.
check_manifest() {
	local program
	program=$(fresh_path).py
	{ echo "$BEGIN" && cat; } >"$program"
	"${INSIDE[@]}" /usr/bin/python3 -I "$program" "$@"
}

# api_takes FILE...: the name of each that it does take. The classes of the client
# are made from the API's description: what is missing, or no value of its type,
# is an error to them; what they do not know gets lost on the way. They are of
# Kubernetes 1.22, and "sleep" is of 1.30.
api_takes() {
	need_module kubernetes
	succeeds check_manifest "$MANIFEST" "$@" <<-'PY'
		import json
		from types import SimpleNamespace
		from kubernetes.client import ApiClient


		def known(document):
		    name = document["apiVersion"].rpartition("/")[2].capitalize() + document["kind"]
		    octets = SimpleNamespace(data=json.dumps(document))
		    return api.sanitize_for_serialization(api.deserialize(octets, name))


		api = ApiClient()
		for path in sys.argv[2:]:
		    documents = list(yaml.safe_load_all(open(path)))
		    [container] = documents[0]["spec"]["template"]["spec"]["containers"]
		    assert container["lifecycle"]["preStop"].pop("sleep") == {"seconds": 5}
		    try:
		        if [known(document) for document in documents] == documents:
		            print(path)
		    except ValueError as error:
		        print(f"{path}: {error}", file=sys.stderr)
	PY
}

@test "kubernetes.yaml: each field is one that the Kubernetes API has, and of its type" {
	api_takes "$MANIFEST"
	output_is "$MANIFEST"
}

@test "kubernetes.yaml, asked like that, is refused with a field misspelt, mistyped or missing" {
	local change broken=()
	for change in s/readinessProbe:/readynessProbe:/ s/drop:/dropp:/ \
		's/containerPort: .*/containerPort: http/' '/runAsNonRoot/s/true/"true"/' \
		/containerPort:/d; do
		broken+=("$BATS_TEST_TMPDIR/${#broken[@]}")
		sed "$change" "$MANIFEST" >"${broken[-1]}"
	done
	api_takes "${broken[@]}"
	output_lacks "^$BATS_TEST_TMPDIR/[0-9]*\$"
	[[ $output == *"invalid literal for int"*"Invalid value for \`container_port\`"* ]]
}

@test "kubernetes.yaml: the Service finds the instances, and all find the port by its name" {
	succeeds check_manifest "$MANIFEST" <<-'PY'
		labels = pod["metadata"]["labels"]
		assert deployment["spec"]["selector"]["matchLabels"] == labels
		assert service["spec"]["selector"] == labels
		[port], [door] = container["ports"], service["spec"]["ports"]
		assert {door["targetPort"], *(p["httpGet"]["port"] for p in probes)} == {port["name"]}
		assert f"--listen=:{port['containerPort']}" in container["args"]
	PY
}

@test "kubernetes.yaml: it has what the Pod Security Standard \"restricted\" wants" {
	succeeds check_manifest "$MANIFEST" <<-'PY'
		of_pod, own = pod["spec"]["securityContext"], container["securityContext"]
		assert of_pod["runAsNonRoot"] is True and of_pod["runAsUser"] > 0
		assert of_pod["seccompProfile"] == {"type": "RuntimeDefault"}
		assert own["allowPrivilegeEscalation"] is False
		assert own["capabilities"] == {"drop": ["ALL"]}
		assert not {"volumes", "hostNetwork", "hostPID", "hostIPC"} & pod["spec"].keys()
	PY
}

# In a network and a view of the file system of its own, with the container's
# user, privileges and arguments; not with its image or the node's seccomp filter.
@test "kubernetes.yaml: started as it says it is ready, alive, and ends in its time with all answered" {
	[ "$(id -u)" -eq 0 ] || skip "to become the container's user it must be root"
	unshare --net --mount true 2>/dev/null || skip "no namespaces can be made here"
	skip_under_sanitizer "as that user it could write no report"
	local dir
	dir=$(mktemp -d)
	chmod 755 "$dir"
	cp "$HELLO_HTTP" "$dir"
	INSIDE=(unshare --net --mount)
	run check_manifest "$MANIFEST" "$dir/${HELLO_HTTP##*/}" <<-'PY'
		import fcntl, http.client, socket, struct, subprocess, time

		SIOCSIFFLAGS, IFF_UP = 0x8914, 1
		fcntl.ioctl(socket.socket(), SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))
		if container["securityContext"]["readOnlyRootFilesystem"]:
		    subprocess.run("mount -o remount,bind,ro /".split(), check=True)
		user = pod["spec"]["securityContext"]
		server = subprocess.Popen([
		    "setpriv", f"--reuid={user['runAsUser']}", f"--regid={user['runAsGroup']}",
		    "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs",
		    sys.argv[2], *container["args"]])
		port = container["ports"][0]["containerPort"]


		def is_good(probe):
		    asked = http.client.HTTPConnection("localhost", port, timeout=probe["timeoutSeconds"])
		    try:
		        asked.request("GET", probe["httpGet"]["path"], headers={
		            "User-Agent": "kube-probe/1.30", "Accept": "*/*", "Connection": "close"})
		        return 200 <= asked.getresponse().status < 400
		    except OSError:
		        return False
		    finally:
		        asked.close()


		startup = probes[0]
		late = time.monotonic() + startup["periodSeconds"] * startup["failureThreshold"]
		while not is_good(startup):
		    assert server.poll() is None and time.monotonic() < late
		    time.sleep(0.005)
		assert all(map(is_good, probes))

		# Whoever has begun to ask when the end comes is answered.
		clients = [socket.create_connection((host, port), 20) for host in ("127.0.0.1", "::1")]
		for client in clients:
		    client.sendall(b"GET / HTTP/1.1\r\n")
		assert is_good(probes[1])
		sleep = container["lifecycle"]["preStop"]["sleep"]["seconds"]
		left = pod["spec"]["terminationGracePeriodSeconds"] - sleep
		server.terminate()
		while is_good(probes[1]):  # the door is still open
		    assert server.poll() is None
		for client in clients:
		    client.sendall(b"Host: h\r\n\r\n")
		    assert client.recv(1000).startswith(b"HTTP/1.1 200 OK\r\n")
		    client.close()
		assert server.wait(left) == 0
		assert left > 10 + 1  # --drain-timeout, and what the man page's LIMITS give it to end
	PY
	rm -r "$dir"
	echo "$output"
	[ "$status" -eq 0 ]
}
