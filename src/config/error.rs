/// The reason why the settings cannot be used: a sentence for the operator.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A bad value of a flag, which is wrong usage of the command line.
    #[error("{0}")]
    Flag(String),
    /// A bad file, a bad value in the file or of a variable, or settings that contradict each
    /// other.
    #[error("{0}")]
    Setting(String),
}
