//! The search for secrets where none belongs.

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::system::System;

/// Whatever a deployment tells and keeps, by place.
#[derive(Debug)]
pub struct Places {
    /// Every message that a function has logged.
    pub logs: Vec<String>,
    others: Vec<(&'static str, Vec<String>)>,
}

impl Places {
    /// As they are now.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub async fn read(system: &System) -> Result<Self> {
        let logs = system.state.logs().await?;
        let (items, trail) = (system.state.items().await?, system.state.audit().await?);
        let texts = |values: Vec<Value>| values.iter().map(ToString::to_string).collect::<Vec<_>>();
        let refusals = system.refusals.lock().map(|refusals| refusals.clone()).unwrap_or_default();
        let others = vec![
            ("the refusals", refusals),
            ("the call log", vec![system.guard.transcript(0).await?]),
            ("the table", texts(items)),
            ("the audit trail", texts(trail)),
        ];
        Ok(Self { logs, others })
    }

    /// Refuses what holds one of the secrets, or any session token.
    ///
    /// # Errors
    /// When there is one.
    pub fn hold_none_of(&self, secrets: &[String]) -> Result<()> {
        let short = secrets.iter().find(|secret| secret.len() < 16);
        ensure!(short.is_none(), "{short:?} says nothing where it turns up");
        let logs = [("the logs", &self.logs)];
        let others = self.others.iter().map(|(place, texts)| (*place, texts));
        for (place, texts) in logs.into_iter().chain(others) {
            for text in texts {
                // Every session token of the stand-in begins like this, those of the functions' own sessions too.
                ensure!(!text.contains("FwoGZX"), "a session token is in {place}: {text}");
                let found = secrets.iter().find(|secret| text.contains(secret.as_str()));
                ensure!(found.is_none(), "{found:?} is in {place}: {text}");
            }
        }
        Ok(())
    }
}
