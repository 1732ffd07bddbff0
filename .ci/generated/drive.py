"""Drives a server with the client that openapi-python-client generates, and checks every result.

The argument is the server's URL. Standard input has the key, as `roomd key create --json` prints it.
"""

import json
import sys
import typing
import uuid
from http import HTTPStatus

from roomd_client import AuthenticatedClient, models
from roomd_client.api.rooms import (
    delete_room,
    get_or_create_default_room,
    get_or_create_room,
    get_room,
    search_rooms,
    update_room,
)
from roomd_client.api.users import create_user, delete_user, get_user, search_users, update_user

token = json.load(sys.stdin)["authorization"].removeprefix("Bearer ")
client = AuthenticatedClient(base_url=sys.argv[1], token=token, raise_on_unexpected_status=True)
checks = 0


def check(call, status, **arguments):
    """Fails unless the call is answered with this status, and as the document says. Returns the body."""
    global checks
    response = call.sync_detailed(client=client, **arguments)
    assert response.status_code == status, f"{call.__name__}: {response}"
    is_error = isinstance(response.parsed, models.Error)
    assert is_error == (status >= HTTPStatus.BAD_REQUEST), f"{call.__name__}: {response}"
    checks += 1
    return response.parsed


def check_error(call, status, code, **arguments):
    error = check(call, status, **arguments)
    assert error.code == code, f"{call.__name__}: {error}"
    return error


def group(model, field):
    """Returns the class of the object in a field that may also be null or missing."""
    types = typing.get_args(typing.get_type_hints(model, localns=vars(models))[field])
    return next(type for type in types if hasattr(type, "from_dict"))


ada = models.UserRequest(name="Ada", surname="Lovelace", email="ada@example.com", username="ada")
user = check(create_user, 201, body=ada)
assert (user.email, user.role, user.status) == ("ada@example.com", "u", 1), user
assert check(get_user, 200, user_guid=user.user_guid) == user
changed = check(update_user, 200, user_guid=user.user_guid, body=models.UserChange(mobile="+44 1"))
assert (changed.mobile, changed.surname, changed.role) == ("+44 1", "Lovelace", "u"), changed
grace = models.UserRequest(name="Grace", surname="Hopper", email="grace@example.com", username="grace")
other = check(create_user, 201, body=grace)
assert check(search_users, 200, body=models.UserQuery(name="ada")) == [changed]
assert check(search_users, 200, body=models.UserQuery()) == [other, changed]

request = models.DefaultRoomRequest(creator_email="ada@example.com", name="Test Room")
room = check(get_or_create_default_room, 201, body=request)
assert check(get_or_create_room, 200, body=request) == room
assert check(get_room, 200, room_guid=room.room_guid) == room
request = models.DefaultRoomRequest(creator_email="grace@example.com", name="Test Room", fallback_name="Grace")
second = check(get_or_create_room, 201, body=request)
assert (second.name, second.ui_options) == ("Grace", room.ui_options), second

page = check(search_rooms, 200, query="TEST")
assert (page.data, page.pagination.total_count) == ([room], 1), page
page = check(search_rooms, 200, page_size=1)
assert (page.data, page.pagination.total_pages, page.pagination.has_next_page) == ([second], 2, True), page
page = check(search_rooms, 200, size=1, page=2)
assert (page.data, page.pagination.has_next_page) == ([room], False), page

# A change of one option leaves all others as they are.
Options = group(models.RoomChange, "options")
Chat = group(Options, "chat")
options = Options(preparation_time=30, allow_rating=False, return_url="https://example.com/", chat=Chat(off_new_msg_sound=True))
before = check(update_room, 200, room_guid=room.room_guid, body=models.RoomChange(options=options)).ui_options
assert (before.preparation_time, before.allow_rating, before.chat.off_new_msg_sound) == (30, False, True), before
expected = before.to_dict() | {"session_duration": 90}
change = models.RoomChange(options=Options(session_duration=90))
after = check(update_room, 200, room_guid=room.room_guid, body=change).ui_options
assert after.to_dict() == expected, after
expected["chat"]["offClearForReplay"] = True
change = models.RoomChange(options=Options(chat=Chat(off_clear_for_replay=True)))
after = check(update_room, 200, room_guid=room.room_guid, body=change).ui_options
assert after.to_dict() == expected, after
renamed = check(update_room, 200, room_guid=room.room_guid, body=models.RoomChange(name="Reading Circle"))
assert (renamed.name, renamed.ui_options) == ("Reading Circle", after), renamed

error = check_error(update_room, 400, 12, room_guid=room.room_guid, body=models.RoomChange(name=" "))
assert [wrong.field for wrong in error.errors] == ["name"], error
unknown = models.DefaultRoomRequest(creator_email="edsger@example.com", name="Room of Edsger")
check_error(get_or_create_room, 404, 52, body=unknown)
check_error(get_room, 404, 70, room_guid=uuid.UUID(int=0))

check(delete_room, 204, room_guid=room.room_guid)
check_error(get_room, 404, 70, room_guid=room.room_guid)
check(delete_user, 204, user_guid=user.user_guid)
check_error(get_user, 404, 52, user_guid=user.user_guid)
check(delete_user, 204, user_guid=other.user_guid)
check_error(get_room, 404, 70, room_guid=second.room_guid)

print(f"the client from openapi-python-client: {checks} results are as expected")
