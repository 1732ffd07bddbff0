/**
 * Drives a server with the types that openapi-typescript generates, and checks every result.
 *
 * The argument is the server's URL. Standard input has the key, as `roomd key create --json` prints it.
 */

import createClient from "openapi-fetch";
import type { components, paths } from "./roomd.js";

declare const process: {
  argv: string[];
  stdin: AsyncIterable<Uint8Array>;
};

let key = "";
const decoder = new TextDecoder();
for await (const part of process.stdin) key += decoder.decode(part, { stream: true });
const Authorization: string = JSON.parse(key).authorization;
const client = createClient<paths>({ baseUrl: process.argv[2]!, headers: { Authorization } });

type Room = components["schemas"]["Room"];
type User = components["schemas"]["User"];
type Result<Data> = { data?: Data; error?: components["schemas"]["Error"] | undefined; response: Response };

let checks = 0;

function check(what: string, holds: boolean, found: unknown): void {
  if (!holds) throw new Error(`${what}: ${JSON.stringify(found)}`);
  checks += 1;
}

function equal<Value>(what: string, found: Value, expected: Value): void {
  check(what, JSON.stringify(found) === JSON.stringify(expected), found);
}

/** Returns the body of a response that must have this status and no error. */
function success<Data>(what: string, status: number, { data, error, response }: Result<Data>): Data {
  check(what, response.status === status && error === undefined && data !== undefined, { status: response.status, error });
  return data as Data;
}

function noContent(what: string, { error, response }: Result<unknown>): void {
  check(what, response.status === 204 && error === undefined, { status: response.status, error });
}

function failure(what: string, status: number, code: number, { error, response }: Result<unknown>): void {
  check(what, response.status === status && error?.code === code, { status: response.status, error });
}

const ada = { name: "Ada", surname: "Lovelace", email: "ada@example.com", username: "ada" };
const user: User = success("new user", 201, await client.POST("/xapi/v2/user", { body: ada }));
const thisUser = { params: { path: { user_guid: user.user_guid } } };
equal("user", success("user", 200, await client.GET("/xapi/v2/user/{user_guid}", thisUser)), user);
const users = success("search of users", 200, await client.POST("/xapi/v2/user/search", { body: { email: "ada@" } }));
equal("found users", users, [user]);
const changed = await client.PUT("/xapi/v2/user/{user_guid}", { ...thisUser, body: { role: "e" } });
equal("role", success("changed user", 200, changed).role, "e");

const wanted = { creator_email: "ada@example.com", name: "Test Room", options: { allow_rating: false } };
const room: Room = success("new room", 201, await client.POST("/xapi/v2/room/default", { body: wanted }));
equal("option of the new room", room.ui_options.allow_rating, false);
equal("room", success("known room", 200, await client.POST("/xapi/v2/room", { body: wanted })), room);
const thisRoom = { params: { path: { room_guid: room.room_guid } } };
equal("room", success("room", 200, await client.GET("/xapi/v2/room/{room_guid}", thisRoom)), room);
const query = { query: "test", size: 5, sort: "name asc" } as const;
const page = success("search of rooms", 200, await client.GET("/xapi/v2/room/search", { params: { query } }));
equal("found rooms", page.data, [room]);
equal("number of found rooms", page.pagination.totalCount, 1);

// A change of one option leaves all others as they are.
const quiet = { options: { chat: { offNewMsgSound: true } } };
const after = success("change", 200, await client.PUT("/xapi/v2/room/{room_guid}", { ...thisRoom, body: quiet }));
const chat = { ...room.ui_options.chat, offNewMsgSound: true };
equal("change of one option", after, { ...room, ui_options: { ...room.ui_options, chat } });

const nameless = await client.PUT("/xapi/v2/room/{room_guid}", { ...thisRoom, body: { name: " " } });
failure("wrong name", 400, 12, nameless);
equal("wrong field", nameless.error?.errors?.map((wrong) => wrong.field), ["name"]);
const unknown = { creator_email: "grace@example.com", name: "Room of Grace" };
failure("unknown user", 404, 52, await client.POST("/xapi/v2/room", { body: unknown }));

noContent("deletion of the room", await client.DELETE("/xapi/v2/room/{room_guid}", thisRoom));
failure("deleted room", 404, 70, await client.GET("/xapi/v2/room/{room_guid}", thisRoom));
noContent("deletion of the user", await client.DELETE("/xapi/v2/user/{user_guid}", thisUser));
failure("deleted user", 404, 52, await client.GET("/xapi/v2/user/{user_guid}", thisUser));

console.log(`the client from openapi-typescript: ${checks} results are as expected`);
