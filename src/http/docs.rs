//! The OpenAPI document, and a page to read and try it: Swagger UI, from files inside the
//! executable, started by a script of our own.

use super::error::ApiError;
use super::state::AppState;
use actix_web::http::header::{
    AcceptEncoding, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, ContentEncoding, ContentType,
    Encoding, Header, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use flate2::read::GzDecoder;
use std::io::Read;
use std::sync::{Arc, LazyLock, OnceLock};
use utoipa_swagger_ui::Config;

const PAGE: &str = include_str!("docs/page.html");
const SCRIPT: &str = include_str!("docs/start.js");

/// The files of Swagger UI that the page loads.
const FILES: [&str; 2] = ["swagger-ui.css", "swagger-ui-bundle.js"];

/// The files of [`FILES`] with their content; None for one that the executable lacks.
static ASSETS: LazyLock<[Option<Asset>; 2]> = LazyLock::new(|| FILES.map(Asset::load));

/// The content security policy of the page, which may send requests to its own server only. Swagger
/// UI styles its elements inline and has its icons as `data:` URLs.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
                      img-src 'self' data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

/// Get this document
#[utoipa::path(
    get,
    path = "/openapi.json",
    operation_id = "getOpenApi",
    tag = "service",
    responses((status = 200, description = "The document.", body = Object,
        content_type = "application/json", example = json!({"openapi": "3.1.0"}))),
)]
pub(super) async fn document(state: web::Data<AppState>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::json())
        .body(state.openapi.clone())
}

/// Read this document and try it
#[utoipa::path(
    get,
    path = "/docs",
    operation_id = "showDocs",
    tag = "service",
    responses((status = 200, description = "A page for a browser.", body = String,
        content_type = "text/html")),
)]
pub(super) async fn show() -> HttpResponse {
    HttpResponse::Ok()
        .content_type(ContentType::html())
        .insert_header((CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(PAGE)
}

/// Returns a file that the page loads: `GET /docs/{file}`, which no client needs to know.
pub(super) async fn file(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    let name = request.match_info().get("file").unwrap_or_default();
    if name == "start.js" {
        return Ok(HttpResponse::Ok()
            .content_type("text/javascript")
            .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
            .body(SCRIPT));
    }
    let asset = FILES.iter().position(|file| *file == name);
    let asset = asset.and_then(|index| ASSETS[index].as_ref());
    let asset = asset.ok_or(ApiError::RouteNotFound)?;
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.content_type.as_str())
        .insert_header((X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((VARY, "Accept-Encoding"));
    if accepts_gzip(&request) {
        response.insert_header((CONTENT_ENCODING, ContentEncoding::Gzip));
        return Ok(response.body(asset.compressed.clone()));
    }
    Ok(response.body(asset.plain()))
}

/// A file of Swagger UI, which is stored compressed.
struct Asset {
    content_type: String,
    compressed: Bytes,
    /// The content, once a client has asked for it uncompressed: to decompress it for each would let
    /// slow clients take the processor.
    plain: OnceLock<Bytes>,
}

impl Asset {
    fn load(name: &str) -> Option<Self> {
        let file = utoipa_swagger_ui::serve(name, Arc::new(Config::default())).ok()??;
        Some(Self {
            content_type: file.content_type,
            compressed: file.bytes.into_owned().into(),
            plain: OnceLock::new(),
        })
    }

    fn plain(&self) -> Bytes {
        let decompress = || {
            let mut plain = Vec::new();
            let read = GzDecoder::new(&*self.compressed).read_to_end(&mut plain);
            read.expect("the files in the executable are compressed");
            plain.into()
        };
        self.plain.get_or_init(decompress).clone()
    }
}

/// Returns true if the client prefers a compressed answer to a plain one.
fn accepts_gzip(request: &HttpRequest) -> bool {
    let Ok(accepted) = AcceptEncoding::parse(request) else {
        return false;
    };
    let offered = [Encoding::gzip(), Encoding::identity()];
    !accepted.is_empty() && accepted.negotiate(offered.iter()) == Some(Encoding::gzip())
}
