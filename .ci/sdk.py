"""Calls a server through the Python SDK of the upstream product, and checks every result.

The argument is the server's host and port. Standard input has the key, as `roomd key create --json`
prints it.
"""

import json
import sys

from constructor_groups.client import APIClient

domain = sys.argv[1]
key = json.load(sys.stdin)
checks = 0


def connect(secret_key=key["secret_key"], success_handler=None):
    client = APIClient(success_handler)
    client.set_domain(domain)
    client.set_credentials(access_key=key["access_key"], secret_key=secret_key)
    return client


def check(what, result, **expected):
    """Fails unless `result` is a success with these fields. Returns `result`."""
    global checks
    assert isinstance(result, dict), f"{what}: {result}"
    assert "error" not in result, f"{what}: {result}"
    different = {name: result.get(name) for name in expected if result.get(name) != expected[name]}
    assert not different, f"{what}: {different} instead of {expected}"
    checks += 1
    return result


def check_error(what, result, status, *codes):
    """Fails unless `result` is how the SDK reports an error with this status and one of these codes."""
    global checks
    assert isinstance(result, dict) and "error" in result, f"{what}: {result}"
    assert result.get("status_code") == status, f"{what}: {result} instead of {status}"
    assert result["details"]["code"] in codes, f"{what}: {result} instead of {codes}"
    checks += 1


def check_equal(what, found, expected):
    global checks
    assert found == expected, f"{what}: {found} instead of {expected}"
    checks += 1


handled = []
client = connect(success_handler=handled.append)
users = client.users

# Registering, and registering again.
ada = {"name": "Ada", "surname": "Lovelace", "email": "ada@example.com", "username": "ada", "role": "e"}
created = check("upsert of a new user", users.upsert_user(ada), **ada, active=True, updating_date=None)
guid = created["user_guid"]
check_equal("both names of the GUID", created["user_id"], guid)
check_equal("the success handler", handled, [created])
check("upsert without a change", users.upsert_user(ada), **ada, user_guid=guid)
married = {"name": "Ada", "surname": "King", "email": "ADA@example.com", "username": "Ada", "mobile": "+44 1"}
changed = check("upsert of a known user", users.upsert_user(married), **married, user_guid=guid, role="e")
assert changed["updating_date"], changed
plato = {"name": "Plato", "email": "plato@example.com", "username": "plato@example.com", "psd": "secret"}
other = check("upsert of a user with one name", users.upsert_user(plato), name="Plato", username=plato["username"])
assert "psd" not in other, other
two = {**plato, "email": ada["email"]}
check_error("upsert with the e-mail address of one user and the username of another", users.upsert_user(two), 409, 50, 51)
taken = {**plato, "email": "aristocles@example.com"}
check_error("upsert with a new e-mail address and the username of a user", users.upsert_user(taken), 409, 50)
taken = {**plato, "username": "aristocles"}
check_error("upsert with the e-mail address of a user and a new username", users.upsert_user(taken), 409, 51)
wrong = users.upsert_user({**ada, "email": "ada"})
check_error("upsert with a wrong field", wrong, 400, 12)
check_equal("the name of the wrong field", [error["field"] for error in wrong["details"]["errors"]], ["email"])

# Finding.
check("user by id", users.get_user_by_id(guid), **changed)
check("user by id in lower case", users.get_user_by_id(guid.lower()), **changed)
check("user by username", users.get_user_by_username("ada"), **changed)
check("user by username in capitals", users.get_user_by_username("ADA"), **changed)
check("user by a username that is an e-mail address", users.get_user_by_username(plato["username"]), **other)
check_error("user by an unknown username", users.get_user_by_username("grace"), 404, 52)
check_error("user by an unknown id", users.get_user_by_id("0197A3C2-6414-7046-87A6-67730D5F9F08"), 404, 52)
check_equal("search by name", users.search_user({"name": "ada"}), [changed])
check_equal("search by id", users.search_user({"user_id": guid}), [changed])
check_equal("search of all", users.search_user({"page_number": 1, "page_size": 100}), [other, changed])
check_equal("search without a match", users.search_user({"surname": "Byron"}), [])

# The SDK has no calls for rooms, so they go through its transport.
rooms = f"https://{domain}/xapi/v2/room"
wanted = {"creator_email": "ada@example.com", "name": "Test Room", "fallback_name": "Room of Ada"}
room = check("new room", client._make_request("POST", rooms, wanted), name="Test Room", creator_email="ADA@example.com")
assert room["url"].startswith(f"https://{domain}/groups/room/"), room["url"]
check("the same room", client._make_request("POST", f"{rooms}/default", wanted), **room)
page = client._make_request("GET", f"{rooms}/search", params={"query": "test r", "creator_email": ada["email"]})
check_equal("search of rooms", check("search of rooms", page)["data"], [room])
this_room = f"{rooms}/{room['room_guid']}"
quiet = {"options": {"chat": {"offNewMsgSound": True}}}
options = {**room["ui_options"], "chat": {**room["ui_options"]["chat"], "offNewMsgSound": True}}
check("change of one option", client._make_request("PUT", this_room, quiet), ui_options=options)
unknown = {**wanted, "creator_email": "grace@example.com"}
check_error("room of an unknown user", client._make_request("POST", rooms, unknown), 404, 52)

# Deleting. The SDK returns None for a success without content.
check_equal("deletion by id", users.delete_by_user_id(guid), None)
check_error("the deleted user", users.get_user_by_id(guid), 404, 52)
check_error("the room of the deleted user", client._make_request("GET", this_room), 404, 70)
check_equal("deletion by username", users.delete_by_user_id(plato["username"]), None)
check_equal("search after all deletions", users.search_user({}), [])

check_error("a wrong secret key", connect("wrong").users.search_user({}), 401, 14)
# What this server does not have is an error that the SDK understands.
check_error("a session", client.sessions.get_session("1"), 404, 90)

print(f"sdk: {checks} results are as expected")
