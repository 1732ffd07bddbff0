//! LiveKit's library for browsers, from inside the executable, where it is compressed. It is the file of its
//! package on npm, and none of our scripts; its licences stand beside it.

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use flate2::read::GzDecoder;
use std::io::Read;

/// The name of the script, which has the version in it.
pub(super) const SCRIPT: &str = "livekit-client-2.23.0.js";

/// The name of the licences of the script and of all that is in it.
const LICENSES: &str = "livekit-client-2.23.0.licenses.txt";

/// `gzip -9n` of `dist/livekit-client.umd.js`.
const COMPRESSED: &[u8] = include_bytes!("../../../web/vendor/livekit-client-2.23.0.js.gz");

/// A browser need not ask again: another version has another name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Returns a file of the library; None for any other name.
pub(super) fn file(name: &str, request: &HttpRequest) -> Option<HttpResponse> {
    let mut response = HttpResponse::Ok();
    response
        .insert_header((CACHE_CONTROL, FOR_EVER))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"));
    match name {
        LICENSES => {
            let licenses = include_str!("../../../web/vendor/livekit-client-2.23.0.licenses.txt");
            response.insert_header((CONTENT_TYPE, "text/plain; charset=utf-8"));
            Some(response.body(licenses))
        }
        SCRIPT => {
            response
                .insert_header((CONTENT_TYPE, "text/javascript; charset=utf-8"))
                .insert_header((VARY, "accept-encoding"));
            if takes_gzip(request) {
                response.insert_header((CONTENT_ENCODING, "gzip"));
                return Some(response.body(COMPRESSED));
            }
            Some(response.body(script()))
        }
        _ => None,
    }
}

/// Returns whether a client takes compressed files, which all browsers do.
fn takes_gzip(request: &HttpRequest) -> bool {
    let mut values = request.headers().get_all(ACCEPT_ENCODING);
    values.any(|value| {
        let mut codings = value.to_str().unwrap_or_default().split(',');
        codings.any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let is_gzip = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case("gzip"));
            let is_refused = |weight: &str| {
                let weight = weight.strip_prefix("q=").map(str::parse::<f32>);
                weight.is_some_and(|weight| weight == Ok(0.0))
            };
            is_gzip && !parts.any(is_refused)
        })
    })
}

/// Returns the script as it is.
fn script() -> Vec<u8> {
    let mut script = Vec::new();
    GzDecoder::new(COMPRESSED)
        .read_to_end(&mut script)
        .expect("the executable has the whole file, as a test checks");
    script
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;
    use sha2::{Digest, Sha256};

    /// The digest of the file in the package, which `npm pack livekit-client@2.23.0` gets.
    const DIGEST: &str = "fb646f2260d84f91238d0a2dc10726c456631d6a26c7cafc43cfee5959b4d31d";

    #[test]
    fn the_script_is_that_of_the_package() {
        let digest = Sha256::digest(script());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digest, DIGEST);
    }

    #[test]
    fn a_client_gets_it_compressed_if_it_takes_that() {
        for (accepted, is_compressed) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("br", false),
            ("", false),
        ] {
            let request = TestRequest::default().insert_header((ACCEPT_ENCODING, accepted));
            let response = file(SCRIPT, &request.to_http_request()).expect("a file");
            let is_found = response.headers().contains_key(CONTENT_ENCODING);
            assert_eq!(is_found, is_compressed, "{accepted}");
        }
        let request = TestRequest::default().to_http_request();
        assert!(file(LICENSES, &request).is_some());
        assert!(file("livekit-client.js", &request).is_none());
    }
}
