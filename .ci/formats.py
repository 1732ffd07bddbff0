"""Defines for schemathesis the formats in the OpenAPI document that JSON Schema does not have."""

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

schemathesis.openapi.format("language-tag", languages)
schemathesis.openapi.format("time-zone", zones)
schemathesis.openapi.format("http-url", urls)
