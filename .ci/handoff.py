"""Judges where roomd sends people, with the code of others: 200 rooms with awkward names, hosts and guests.

The arguments are the program roomd and a folder with the packages of npm.
"""

import http.server
import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from hashlib import sha384

import jwt
from bbblb.lib.bbb import BBBError, verify_checksum_query
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.protobuf.json_format import Parse
from livekit import api as livekit
from livekit.protocol import room as livekit_room

ROOMD, MODULES = sys.argv[1:]
SECRET = "a secret that is as long as the longest of all the hashes, 64 bytes"
LIVEKIT_KEY = "APIkey"

# A room's name has at most 255 characters, a person's 100.
AWKWARD = [
    "'", "+", "%", "&", "#", "ü", "😀", "x", "N" * 255, "😀" * 255, "مرحبا بالعالم", "שלום", "a&b=c&d", "100 %41 %zz",
    "\"quoted\"", "<b>bold</b>", "back\\slash", "{slug}", "a/b/../c", "?query=1#fragment", "日本語", "e\u0301",
    "O'Brien & Sons + Co. (50 %)", "semi;colon,comma", "$(id) `id` | ;", "İstanbul ığüşöç", "👩‍👩‍👧‍👦", "a\u00a0b", "~-._", "==",
]
NAMES = list(itertools.islice(
    (name if n == 0 else f"{name[:240]} {n}" for n in itertools.count() for name in AWKWARD), 200))


class Stub(http.server.BaseHTTPRequestHandler):
    """BigBlueButton and LiveKit, as far as roomd calls them; each call is judged."""

    protocol_version = "HTTP/1.1"
    faults, created, calls = [], {}, 0

    def do_GET(self):
        Stub.calls += 1
        path, _, query = self.path.partition("?")
        action = path.removeprefix("/bigbluebutton/api/")
        try:
            parameters = verified(action, query)
        except BBBError as error:
            return self.answer(f"<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey>"
                               f"<message>{error}</message></response>", "text/xml")
        if action == "create":
            if not 2 <= len(parameters["name"]) <= 256:
                Stub.faults.append(f"the name {parameters['name']!r}")
            Stub.created[parameters["meetingID"]] = parameters | {"createTime": str(time.time_ns() // 10**6)}
            fields = f"<createTime>{Stub.created[parameters['meetingID']]['createTime']}</createTime>"
        elif action == "getMeetingInfo":
            fields = "<moderatorCount>1</moderatorCount>"
        else:
            fields = ""
        self.answer(f"<response><returncode>SUCCESS</returncode>{fields}</response>", "text/xml")

    def do_POST(self):
        Stub.calls += 1
        body = self.rfile.read(int(self.headers["Content-Length"]))
        method = self.path.removeprefix("/twirp/livekit.RoomService/")
        requests = {
            "CreateRoom": livekit_room.CreateRoomRequest, "DeleteRoom": livekit_room.DeleteRoomRequest,
            "ListParticipants": livekit_room.ListParticipantsRequest, "ListRooms": livekit_room.ListRoomsRequest,
        }
        try:
            token = self.headers["Authorization"].removeprefix("Bearer ")
            grants = livekit.TokenVerifier(LIVEKIT_KEY, SECRET).verify(token).video
            request = Parse(body, requests[method]())
            if method == "CreateRoom":
                assert grants.room_create, grants
        except Exception as error:  # Whatever it is, it is reported.
            Stub.faults.append(f"{method}: {error!r}")
        answer = {"name": request.name, "sid": "RM_1"} if method == "CreateRoom" else {}
        self.answer(json.dumps(answer), "application/json")

    def answer(self, text, content_type):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def verified(action, query):
    """Returns the parameters of a call of BigBlueButton whose checksum is right."""
    checksum = dict(urllib.parse.parse_qsl(query)).get("checksum", "")
    if len(checksum) == 96:  # SHA-384, which bbblb does not have.
        text, _, _ = query.rpartition("&checksum=")
        assert sha384(f"{action}{text}{SECRET}".encode()).hexdigest() == checksum, query
        return dict(urllib.parse.parse_qsl(text, strict_parsing=True, keep_blank_values=True))
    return verify_checksum_query(action, query, [SECRET])[0]


class Roomd:
    """A server with these settings, which needs no key."""

    def __init__(self, **settings):
        self.folder = tempfile.TemporaryDirectory()
        environment = os.environ | {f"ROOMD_{name.upper()}": value for name, value in settings.items()} | {
            "ROOMD_AUTH_REQUIRED": "false", "ROOMD_USERS_REGISTER_UNKNOWN": "*", "ROOMD_LOG_LEVEL": "warn",
        }
        command = [ROOMD, "serve", "--listen", "127.0.0.1:0", "--database", f"{self.folder.name}/roomd.db"]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        self.url = next((word for word in line.split() if word.startswith("http")), None)
        assert self.url, line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        assert self.process.wait() == 0
        self.folder.cleanup()

    def post(self, path, body):
        url = path if path.startswith("http") else self.url + path
        request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{url} {body}: {error.status} {error.read().decode()}") from error

    def visits(self, names, **options):
        """Yields each room with where its host and its guest go."""
        for number, name in enumerate(names):
            email = f"{number}-{'-'.join(options)}@example.com".lower()
            asked = {"creator_email": email, "name": name, "fallback_name": f"{name[:200]} of {email}", "lang": "tr-TR",
                     "fields": ["host_url"], "options": options}
            room = self.post("/xapi/v2/room", asked)
            url, token = room["host_url"].split("#host=")
            person = name[:100].strip()
            host = self.post(f"{url}/join", {"name": person, "host": token})
            guest = self.post(f"{url}/join", {"name": person})
            yield room, person, host, guest


def judge_jitsi():
    """Returns how many tokens were right."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    judged = 0
    with tempfile.NamedTemporaryFile("wb") as file:
        file.write(private.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                                         serialization.NoEncryption()))
        file.flush()
        for algorithm, guests in itertools.product(["HS256", "HS384", "HS512", "RS256"], ["anonymous", "token"]):
            names = NAMES if (algorithm, guests) in [("HS256", "token"), ("RS256", "anonymous")] else NAMES[:10]
            key = {"key_file": file.name, "key_id": "k1"} if algorithm == "RS256" else {"secret": SECRET}
            verifier = private.public_key() if algorithm == "RS256" else SECRET
            settings = {"url": "https://meet.example.com", "app_id": "roomd", "algorithm": algorithm, "guests": guests} | key
            with Roomd(meeting_server="jitsi", **{f"meeting_jitsi_{k}": v for k, v in settings.items()}) as roomd:
                for room, person, host, guest in roomd.visits(names):
                    for role, url in [("host", host["url"]), ("guest", guest["url"])]:
                        url = urllib.parse.urlsplit(url)
                        assert (url.scheme, url.netloc, url.query) == ("https", "meet.example.com", "lang=tr"), url
                        fragment = dict(part.partition("=")[::2] for part in url.fragment.split("&"))
                        if role == "guest" and guests == "anonymous":
                            assert "jwt" not in fragment, fragment
                            continue
                        # Jitsi's page reads the fragment as JSON.
                        token = json.loads(urllib.parse.unquote(fragment["jwt"]))
                        header = jwt.get_unverified_header(token)
                        assert header["typ"] == "JWT" and header.get("kid") == key.get("key_id"), header
                        claims = jwt.decode(token, verifier, algorithms=[algorithm], audience="jitsi", issuer="roomd",
                                            options={"require": ["exp", "nbf", "aud", "iss", "sub"]})
                        assert isinstance(claims["aud"], str) and claims["sub"] == "meet.example.com", claims
                        assert claims["room"] == claims["room"].lower() == url.path.strip("/"), (claims, url)
                        assert claims["context"]["user"]["name"] == person, claims
                        assert 0 < claims["exp"] - time.time() <= 600 and claims["nbf"] <= time.time() - 30, claims
                        is_moderator = claims["context"]["user"].get("moderator") in (True, "true")
                        assert is_moderator == (role == "host"), claims
                        rights = json.dumps(claims | {"context": {"user": claims["context"]["user"] | {"name": ""}}})
                        assert role == "host" or not ("owner" in rights or '"moderator": true' in rights), claims
                        judged += 1
    return judged


def judge_big_blue_button(stub):
    judged, parameters = 0, []
    for checksum in ["sha1", "sha256", "sha384", "sha512"]:
        names = NAMES if checksum == "sha256" else NAMES[:20]
        with Roomd(meeting_server="bigbluebutton", meeting_bigbluebutton_url=f"{stub}/bigbluebutton/api",
                   meeting_bigbluebutton_secret=SECRET, meeting_bigbluebutton_checksum=checksum) as roomd:
            for room, person, host, guest in roomd.visits(names):
                for role, url in [("MODERATOR", host["url"]), ("VIEWER", guest["url"])]:
                    start, _, query = url.partition("?")
                    assert start == f"{stub}/bigbluebutton/api/join", url
                    found = verified("join", query)
                    created = Stub.created[found["meetingID"]]
                    assert (found["role"], found["fullName"]) == (role, person), found
                    assert found["meetingID"] == created["meetingID"] and len(found["createTime"]) == 13, found
                    assert found["userdata-bbb_override_default_locale"] == "tr-TR", found
                    parameters.append(found)
                    judged += 1
    return judged, parameters


def judge_livekit(stub):
    tokens = []
    settings = {"url": stub.replace("http", "ws"), "api_key": LIVEKIT_KEY, "secret": SECRET}
    with Roomd(meeting_server="livekit", **{f"meeting_livekit_{k}": v for k, v in settings.items()}) as roomd:
        for options in [{}, {"allow_users_stream_self_cam_mic": False}]:
            for room, person, host, guest in roomd.visits(NAMES, **options):
                identities = set()
                for role, answer in [("host", host), ("guest", guest)]:
                    assert answer["server"] == settings["url"], answer
                    claims = livekit.TokenVerifier(LIVEKIT_KEY, SECRET).verify(answer["token"])
                    identities.add(claims.identity)
                    video = claims.video
                    assert video.room_join and video.room and claims.name == person, claims
                    assert not video.room_admin and not video.room_create, claims
                    assert video.can_publish is not False or (role == "guest" and options), claims
                    assert not (role == "guest" and options) or video.can_publish is False, claims
                    tokens.append({"token": answer["token"], "room": video.room})
                assert len(identities) == 2, identities
    return tokens


def judge_in_node(judgement):
    """Lets the packages of npm judge, and returns what they say."""
    environment = os.environ | {"NODE_PATH": f"{MODULES}/node_modules"}
    outcome = subprocess.run(["node", ".ci/handoff.cjs"], input=json.dumps(judgement), capture_output=True, text=True,
                             env=environment)
    assert outcome.returncode == 0, outcome.stderr
    return json.loads(outcome.stdout)


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Stub)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    stub = f"http://127.0.0.1:{server.server_port}"
    jitsi = judge_jitsi()
    meetings, parameters = judge_big_blue_button(stub)
    tokens = judge_livekit(stub)
    second = judge_in_node({"stub": stub, "secret": SECRET, "key": LIVEKIT_KEY, "tokens": tokens, "joins": parameters})
    # What another client makes of the same parameters is judged as what roomd makes.
    for url, expected in zip(second["joins"], parameters, strict=True):
        found = verified("join", url.partition("?")[2])
        assert {name: found[name] for name in expected} == expected, (found, expected)
    assert not Stub.faults, Stub.faults
    print(f"hand-offs: {jitsi} tokens of Jitsi, {meetings} links of BigBlueButton, {len(tokens)} tokens of LiveKit and "
          f"{Stub.calls} calls are right")


main()
