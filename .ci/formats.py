"""Tells schemathesis what the schemas of the OpenAPI document cannot say.

Defines the formats that JSON Schema does not have, and leaves out the requests to which the rules that
are only in the descriptions apply.
"""

import datetime
import zoneinfo

import schemathesis
from hypothesis import strategies as st

LETTERS = "abcdefghijklmnopqrstuvwxyz"
words = st.text(LETTERS, min_size=1, max_size=20)

languages = st.sampled_from(["en", "en-US", "tr-TR", "zh-Hant-TW", "de-CH-1996", "x-private", "i-klingon"])
zones = st.sampled_from(sorted(zoneinfo.available_timezones() - {"localtime", "Factory", "posixrules"}))
urls = st.one_of(
    st.just(""),
    st.builds("{}://{}.example/{}".format, st.sampled_from(["http", "https"]), words, words),
)
moments = st.builds(
    "{:%Y-%m-%dT%H:%M:%S}{}".format,
    st.datetimes(min_value=datetime.datetime(2000, 1, 1), max_value=datetime.datetime(2100, 1, 1)),
    st.sampled_from(["", "Z", "+03:00", "-11:30"]),
)

schemathesis.openapi.format("date-time-optional-offset", moments)
schemathesis.openapi.format("language-tag", languages)
schemathesis.openapi.format("time-zone", zones)
schemathesis.openapi.format("http-url", urls)


@schemathesis.hook
def filter_case(context, case):
    """Drop what the document cannot say: an empty value, which means absent, in a body or in the list of
    `fields`, and a `status` that contradicts `active`."""
    if (case.query or {}).get("fields") in ("", [], [""]):
        return False
    body = case.body
    if not isinstance(body, dict):
        return True
    if isinstance(body.get("active"), bool) and body.get("status") not in (None, int(body["active"])):
        return False
    return "" not in body.values()
