//! The HTTP server on a listening socket, with the transport of this program under it.

use super::connections::Connections;
use super::request_memory::LargeRequests;
use super::tls::Certificate;
use super::transport::Transport;
use actix_http::error::DispatchError;
use actix_http::{HttpService, KeepAlive, Protocol, Request, Response};
use actix_server::{GracefulShutdownSignal, Server};
use actix_service::{
    IntoServiceFactory, Service, ServiceFactory, ServiceFactoryExt, fn_service, map_config,
};
use actix_tls::accept::TlsError;
use actix_tls::accept::rustls_0_23::{Acceptor, TlsStream};
use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Extensions};
use actix_web::rt::net::TcpStream;
use std::fmt;
use std::future::ready;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};

/// The time limit for the request line and the headers of the first request on a connection.
/// (Tuning: the default of actix.)
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How much longer than announced a connection may be idle: the client counts from when it has the
/// answer, and its next request needs time to arrive.
const IDLE_GRACE: Duration = Duration::from_secs(2);

/// The time limit for a client to close a connection that the server closes. (Tuning: the
/// default of actix.)
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The most bytes of answers that wait to be sent on a connection before no more are produced.
/// (Tuning: the default of actix.)
const WRITE_BUFFER_BYTES: usize = 32 * 1024;

/// The time limit for requests in flight after a signal to stop, in seconds. It must leave time for
/// the queued writes and the last checkpoint: the process has promised to end within 10 seconds.
const SHUTDOWN_SECONDS: u64 = 6;

/// A socket that listens, and how its connections are served.
pub(super) struct Listener {
    pub(super) listener: TcpListener,
    pub(super) workers: usize,
    pub(super) connections: Arc<Connections>,
    pub(super) connections_per_worker: usize,
    pub(super) certificate: Option<Arc<Certificate>>,
    /// How long a connection may be idle; `None` closes it after each answer.
    pub(super) idle_timeout: Option<Duration>,
}

impl Listener {
    /// Starts to serve an app on the socket.
    ///
    /// # Errors
    /// A socket that the system does not let the server use.
    pub(super) fn serve<F, I, S, B>(self, app: F) -> io::Result<Server>
    where
        F: Fn() -> I + Send + Clone + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error>,
        S::InitError: fmt::Debug,
        S::Response: Into<Response<B>>,
        S::Service: 'static,
        <S::Service as Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
    {
        // As many handshakes as connections: with fewer, new clients would wait for slow ones.
        actix_tls::accept::max_concurrent_tls_connect(self.connections_per_worker);
        let builder = Server::build()
            .workers(self.workers)
            .max_concurrent_connections(self.connections_per_worker)
            .shutdown_timeout(SHUTDOWN_SECONDS)
            .disable_signals();
        let http = Http {
            connections: self.connections,
            keep_alive: match self.idle_timeout {
                Some(timeout) => KeepAlive::Timeout(timeout + IDLE_GRACE),
                None => KeepAlive::Disabled,
            },
            stop: builder.graceful_shutdown_signal(),
        };
        let large_requests = LargeRequests::new();
        let builder = match self.certificate {
            None => builder.listen("http", self.listener, move || {
                let large_requests = large_requests.clone();
                fn_service(move |stream: TcpStream| {
                    let peer = stream.peer_addr().ok();
                    set_no_delay(&stream);
                    let transport = Transport::new(stream, &large_requests);
                    ready(Ok((transport, Protocol::Http1, peer)))
                })
                .and_then(http.clone().service(app(), |stream| stream))
            })?,
            Some(certificate) => {
                // HTTP/1.1 only: HTTP/2 would need limits of its own on headers, bodies and
                // streams, and would bring nothing to clients that are programs.
                let mut config = certificate.server_config();
                config.alpn_protocols = vec![b"http/1.1".to_vec()];
                builder.listen("https", self.listener, move || {
                    let large_requests = large_requests.clone();
                    Acceptor::new(config.clone())
                        .map_err(TlsError::into_service_error)
                        .map(move |stream: TlsStream<TcpStream>| {
                            let peer = socket_of(&stream).peer_addr().ok();
                            set_no_delay(socket_of(&stream));
                            let transport = Transport::new(stream, &large_requests);
                            (transport, Protocol::Http1, peer)
                        })
                        .and_then(
                            http.clone()
                                .service(app(), socket_of)
                                .map_err(TlsError::Service),
                        )
                })?
            }
        };
        Ok(builder.run())
    }
}

/// How the connections of a socket are served.
#[derive(Clone)]
struct Http {
    connections: Arc<Connections>,
    keep_alive: KeepAlive,
    stop: GracefulShutdownSignal,
}

impl Http {
    /// Returns the service that answers the requests on connections of one kind.
    fn service<T, I, S, B>(
        self,
        app: I,
        socket: fn(&T) -> &TcpStream,
    ) -> impl ServiceFactory<
        (Transport<T>, Protocol, Option<SocketAddr>),
        Config = (),
        Response = (),
        Error = DispatchError,
        InitError = (),
    >
    where
        T: AsyncRead + AsyncWrite + Unpin + 'static,
        I: IntoServiceFactory<S, Request>,
        S: ServiceFactory<Request, Config = AppConfig> + 'static,
        S::Error: Into<Error>,
        S::InitError: fmt::Debug,
        S::Response: Into<Response<B>>,
        S::Service: 'static,
        <S::Service as Service<Request>>::Future: 'static,
        B: MessageBody + 'static,
    {
        let (stop, connections) = (self.stop, self.connections);
        let app = app.into_factory();
        let app = app.map_err(|error| error.into().error_response());
        HttpService::build()
            .graceful_shutdown_signal(move || {
                let stop = stop.clone();
                async move { stop.notified().await }
            })
            .client_request_timeout(HEAD_TIMEOUT)
            .keep_alive(self.keep_alive)
            .client_disconnect_timeout(CLOSE_TIMEOUT)
            .h1_write_buffer_size(WRITE_BUFFER_BYTES)
            .on_connect_ext(move |transport: &Transport<T>, data: &mut Extensions| {
                let exchange = transport.exchange();
                let activity = exchange.activity.clone();
                connections.register(socket(transport.stream()), activity, data);
                data.insert(exchange.clone());
            })
            .finish(map_config(app, |()| AppConfig::default()))
    }
}

fn socket_of(stream: &TlsStream<TcpStream>) -> &TcpStream {
    stream.get_ref().0
}

/// Lets the system send without delay: an answer is one write to the socket, so a delay would not
/// merge it with anything. An error means that the connection is closed already.
fn set_no_delay(stream: &TcpStream) {
    let _ = stream.set_nodelay(true);
}
