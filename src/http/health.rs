use super::error::ApiError;
use super::error_responses::NotReady;
use super::state::AppState;
use actix_web::{HttpResponse, web};
use serde::Serialize;
use utoipa::ToSchema;

/// The state of the server.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
struct HealthResponse {
    status: Status,
}

/// Whether the process answers, or can be used.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthStatus)]
#[serde(rename_all = "lowercase")]
enum Status {
    Alive,
    Ready,
}

/// Check that the process answers
#[utoipa::path(
    get,
    path = "/healthz",
    operation_id = "checkAlive",
    tag = "service",
    responses((status = 200, description = "The process answers.", body = HealthResponse,
        example = json!({"status": "alive"}))),
)]
pub(super) async fn alive() -> HttpResponse {
    let status = Status::Alive;
    HttpResponse::Ok().json(HealthResponse { status })
}

/// Check that rooms can be found and created
///
/// Reads the database and writes to it.
#[utoipa::path(
    get,
    path = "/readyz",
    operation_id = "checkReady",
    tag = "service",
    responses(
        (status = 200, description = "Rooms can be found and created.", body = HealthResponse,
            example = json!({"status": "ready"})),
        NotReady,
    ),
)]
pub(super) async fn ready(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    let checked = state.store.check_ready().await;
    checked.map_err(ApiError::NotReady)?;
    let status = Status::Ready;
    Ok(HttpResponse::Ok().json(HealthResponse { status }))
}
