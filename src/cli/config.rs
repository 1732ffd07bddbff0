use super::error::CliError;
use super::output::print_line;
use super::serve;
use super::shared::{GlobalArgs, print_warnings};
use super::table::{Column, table};
use crate::config::{EffectiveSetting, LoadedConfig, Moment, SettingSource};
use crate::server::StartParts;
use serde_json::{Map, Value, json};

#[derive(clap::Args)]
#[group(skip)]
#[command(after_help = "\
Secrets are not shown. Settings with which a server does not start are an error,
after they are shown. `roomd doctor` also checks the database and the disk.

Examples:
  roomd config
  roomd config --listen 0.0.0.0:8080
  roomd config --json")]
pub(super) struct Args {
    #[command(flatten)]
    serve: serve::Args,
    /// Print a JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: Args, global: GlobalArgs) -> Result<(), CliError> {
    let loaded = LoadedConfig::load(&args.serve.into_flags(global), Moment::Start)?;
    print_warnings();
    let settings = loaded.effective();
    print_line(if args.json {
        let settings = settings
            .iter()
            .map(|setting| (setting.name.clone(), setting_json(setting)));
        Value::from(Map::from_iter(settings)).to_string()
    } else {
        in_words(&settings)
    })?;
    // After they are shown: who corrects a setting wants to see where it is from.
    StartParts::load(&loaded.config)?;
    Ok(())
}

fn setting_json(setting: &EffectiveSetting) -> Value {
    let (source, at) = match &setting.source {
        SettingSource::Default => ("default", None),
        SettingSource::File(path) => ("file", Some(path.display().to_string())),
        SettingSource::Variable(name) => ("variable", Some((*name).to_owned())),
        SettingSource::Flag(name) => ("flag", Some((*name).to_owned())),
    };
    json!({
        "value": setting.value,
        "hidden": setting.value.is_none(),
        "source": source,
        "at": at,
        "variable": setting.variable,
    })
}

fn in_words(settings: &[EffectiveSetting]) -> String {
    let rows = settings.iter().map(|setting| {
        let value = match &setting.value {
            Some(value) => value.to_string(),
            None => "(hidden)".into(),
        };
        let source = match &setting.source {
            SettingSource::Default => "default".into(),
            SettingSource::File(path) => path.display().to_string(),
            SettingSource::Variable(name) | SettingSource::Flag(name) => (*name).to_owned(),
        };
        [setting.name.clone(), value, source]
    });
    let columns = [
        Column::whole("SETTING"),
        Column::wrapped("VALUE"),
        Column::whole("FROM"),
    ];
    table(columns, rows)
}
