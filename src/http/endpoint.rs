use super::error::ApiError;
use actix_web::http::Method;
use actix_web::{HttpResponse, Resource, Route, guard, web};
use std::future::ready;
use utoipa::openapi::OpenApi;

/// An operation: the handler that serves it, and its description, of which path and method are
/// part.
pub(super) struct Endpoint {
    /// A document with this operation alone, and the schemas that it refers to.
    pub(super) document: OpenApi,
    handler: Route,
}

/// Returns endpoints, one for each handler with an attribute `utoipa::path`.
macro_rules! endpoints {
    ($($($handler:ident)::+),+ $(,)?) => {
        vec![$({
            #[derive(utoipa::OpenApi)]
            #[openapi(paths($($handler)::+))]
            struct Document;

            let document = <Document as utoipa::OpenApi>::openapi();
            let handler = actix_web::web::route().to($($handler)::+);
            $crate::http::endpoint::Endpoint::new(document, handler)
        }),+]
    };
}
pub(super) use endpoints;

impl Endpoint {
    pub(super) fn new(document: OpenApi, handler: Route) -> Self {
        Self { document, handler }
    }

    fn path(&self) -> &str {
        let mut paths = self.document.paths.paths.keys();
        paths.next().expect("a document with one path")
    }

    fn method(&self) -> Method {
        let item = self.document.paths.paths.values().next();
        let item = item.expect("a document with one path");
        let methods = [
            (&item.get, Method::GET),
            (&item.post, Method::POST),
            (&item.put, Method::PUT),
            (&item.delete, Method::DELETE),
        ];
        let mut methods = methods.into_iter();
        let found = methods.find_map(|(operation, method)| operation.as_ref().map(|_| method));
        found.expect("a document with one operation")
    }
}

/// Serves the endpoints; those with the same path must follow each other.
pub(super) fn serve(config: &mut web::ServiceConfig, endpoints: Vec<Endpoint>) {
    let mut endpoints = endpoints.into_iter().peekable();
    while let Some(first) = endpoints.next() {
        let path = first.path().to_owned();
        let mut routes = vec![(first.method(), first.handler)];
        while let Some(next) = endpoints.next_if(|next| next.path() == path) {
            routes.push((next.method(), next.handler));
        }
        config.service(resource(&path, routes));
    }
}

/// Returns the resource with a path. It answers `HEAD` wherever it answers `GET`, and other methods
/// with the names of its own.
pub(super) fn resource(path: &str, routes: Vec<(Method, Route)>) -> Resource {
    let mut resource = web::resource(path);
    let mut allow = Vec::new();
    for (method, route) in routes {
        let mut methods = guard::Any(guard::Method(method.clone()));
        allow.push(method.to_string());
        if method == Method::GET {
            methods = methods.or(guard::Method(Method::HEAD));
            allow.push(Method::HEAD.to_string());
        }
        resource = resource.route(route.guard(methods));
    }
    let allow = allow.join(", ");
    resource.default_service(web::to(move || {
        let error = ApiError::MethodNotAllowed(allow.clone());
        ready(Err::<HttpResponse, _>(error))
    }))
}
