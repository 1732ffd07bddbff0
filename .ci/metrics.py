"""Drives .ci/metrics: metrics.py URL FOLDER, where FOLDER has key.json and is for files."""

import json
import pathlib
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

RULES = pathlib.Path("packaging/prometheus/roomd.rules.yml").resolve()
DASHBOARD = pathlib.Path("packaging/grafana/roomd.json")
# How long Prometheus may take to start and to read the page, in seconds.
PATIENCE = 30
# What Grafana puts in the place of its variables.
VARIABLES = {"$__rate_interval": "1m", "$instance": ".+"}


def request(url, body=None, headers=None):
    """Returns status and text of an answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **(headers or {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def use(url, key):
    """Calls the server, so that it has something to tell."""
    headers = {"Authorization": key["authorization"]}
    room = {"creator_email": "ada@example.com", "name": "Analytical Engine"}
    for _ in range(3):
        status, text = request(f"{url}/xapi/v2/room", room, headers)
        assert status in (200, 201), text
    path = urllib.parse.urlsplit(json.loads(text)["url"]).path
    assert request(f"{url}{path}/join", {"name": "Grace", "host": None})[0] == 200
    assert request(f"{url}/nowhere")[0] == 404
    assert request(f"{url}/xapi/v2/room", room)[0] == 401


def lint(url):
    status, text = request(f"{url}/metrics")
    assert status == 200, text
    # It fails also where it has only advice.
    subprocess.run(["promtool", "check", "metrics"], input=text, text=True, check=True)
    subprocess.run(["promtool", "check", "rules", RULES], check=True)


def queries(value):
    """Yields all queries of a dashboard."""
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else []
    if isinstance(value, dict) and "expr" in value:
        query = value["expr"]
        for name, text in VARIABLES.items():
            query = query.replace(name, text)
        assert "$" not in query, f"an unknown variable: {query}"
        yield query
    for part in below:
        yield from queries(part)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Prometheus:
    """A Prometheus that reads one server, and ends with the block."""

    def __init__(self, url, folder):
        target = urllib.parse.urlsplit(url).netloc
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES)],
            "scrape_configs": [{"job_name": "roomd", "static_configs": [{"targets": [target]}]}],
        }
        # JSON is YAML.
        file = folder / "prometheus.yml"
        file.write_text(json.dumps(config))
        self.log = folder / "prometheus.log"
        self.address = f"127.0.0.1:{free_port()}"
        self.command = [
            "prometheus",
            f"--config.file={file}",
            f"--storage.tsdb.path={folder / 'prometheus'}",
            f"--web.listen-address={self.address}",
        ]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=self.log.open("w"), stderr=subprocess.STDOUT)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def get(self, path):
        """Returns the data of an answer; None while there is no Prometheus."""
        if self.process.poll() is not None:
            raise SystemExit(f"Prometheus ended: {self.log.read_text()}")
        try:
            status, text = request(f"http://{self.address}/api/v1/{path}")
        except OSError:
            return None
        if status == 503:
            return None
        answer = json.loads(text)
        assert answer["status"] == "success", f"{path}: {answer}"
        return answer["data"]

    def query(self, query):
        data = self.get(f"query?query={urllib.parse.quote(query)}")
        return data and data["result"]

    def wait_for(self, what, condition):
        end = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > end:
                raise SystemExit(f"{what} within {PATIENCE} s; {self.log.read_text()}")
            time.sleep(0.2)


def judge(prometheus):
    def value(query):
        result = prometheus.query(query)
        return result and result[0]["value"][1]

    prometheus.wait_for("the server was not read", lambda: value('up{job="roomd"}') == "1")
    print("Prometheus reads the server")

    asked = list(queries(json.loads(DASHBOARD.read_text())))
    for query in asked:
        assert prometheus.query(query) is not None, query
    print(f"{len(asked)} queries of the dashboard are carried out")

    def rules():
        groups = (prometheus.get("rules") or {"groups": []})["groups"]
        return [rule for group in groups for rule in group["rules"]]

    prometheus.wait_for(
        "the rules were not carried out",
        lambda: rules() and all(rule["health"] != "unknown" for rule in rules()),
    )
    for rule in rules():
        assert rule["health"] == "ok", rule
        assert rule["state"] != "firing", f"nothing is wrong, and yet: {rule}"
    count = len(re.findall("- alert: ", RULES.read_text()))
    assert len(rules()) == count, f"{len(rules())} of {count} rules are there"
    print(f"{count} alert rules are carried out, and none fires")


def main():
    url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    use(url, json.loads((folder / "key.json").read_text()))
    lint(url)
    with Prometheus(url, folder) as prometheus:
        judge(prometheus)


main()
