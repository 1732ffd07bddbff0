//! Settings and certificates that are reloaded while the server runs.

use super::tls::Certificate;
use crate::config::{Flags, LoadedConfig, Moment};
use crate::http::AppState;
use crate::logging;
use actix_web::web;
use log::{info, warn};
use std::sync::Arc;

/// The settings that change while the server runs. All others need a restart.
const LIVE: [&str; 4] = ["log.level", "log.format", "log.requests", "log.slow_ms"];

/// The settings that change while the server runs, unless they turn TLS on or off.
const TLS: [&str; 2] = ["tls.certificate", "tls.key"];

/// Reloads the settings and the certificate of a running server.
pub struct Reloader {
    pub(super) state: web::Data<AppState>,
    pub(super) certificate: Option<Arc<Certificate>>,
}

impl Reloader {
    /// Loads the certificate and the settings again, and logs what is in use from now on and what
    /// needs a restart. What cannot be loaded is logged, too, and stays as it was. `started` are the
    /// settings with which the server started, `current` those that were loaded last.
    pub fn reload(&self, flags: &Flags, started: &LoadedConfig, current: &mut LoadedConfig) {
        match LoadedConfig::load(flags, Moment::Running) {
            Ok(mut loaded) => {
                self.follow_certificate(current, &mut loaded);
                self.apply(started, current, &loaded);
                *current = loaded;
            }
            Err(error) => {
                if let Some(certificate) = &self.certificate {
                    certificate.reload();
                }
                warn!("the settings were not reloaded, the previous ones stay in use: {error}");
            }
        }
    }

    /// Loads the certificate that the settings name. If it cannot be used, `loaded` keeps the names
    /// of the files that are in use.
    fn follow_certificate(&self, current: &LoadedConfig, loaded: &mut LoadedConfig) {
        let Some(certificate) = &self.certificate else {
            return;
        };
        if loaded.config.tls.certificate.is_none() {
            // Without TLS the server starts only anew; until then it is as it was.
            certificate.reload();
        } else if !certificate.follow(&loaded.config.tls) {
            loaded.keep(&TLS, current);
        }
    }

    fn apply(&self, started: &LoadedConfig, current: &LoadedConfig, loaded: &LoadedConfig) {
        let has_tls = self.certificate.is_some() && loaded.config.tls.certificate.is_some();
        let is_live =
            |key: &String| LIVE.contains(&key.as_str()) || (has_tls && TLS.contains(&key.as_str()));
        let mut changed = current.changed_keys(loaded);
        changed.retain(is_live);
        let mut pending = started.changed_keys(loaded);
        pending.retain(|key| !is_live(key));
        let part = |text: &str, keys: &[String]| match keys {
            [] => String::new(),
            keys => format!("{text} {}", keys.join(", ")),
        };
        let parts = [
            part("; in use from now on:", &changed),
            part("; to be used after a restart:", &pending),
        ];
        let what = match parts.concat() {
            none if none.is_empty() => "; nothing has changed".into(),
            parts => parts,
        };
        let log = &loaded.config.log;
        self.state.request_log.set(log.requests, log.slow_ms);
        // By the level that logs more, so that the operator finds the line.
        let becomes_quieter = log.level < current.config.log.level;
        if !becomes_quieter {
            logging::apply(log);
        }
        info!("the settings were reloaded{what}");
        if becomes_quieter {
            logging::apply(log);
        }
    }
}
