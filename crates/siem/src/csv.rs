//! Records as comma-separated values (RFC 4180), for spreadsheets and their people.
//!
//! A spreadsheet takes a field that starts with `=`, `+`, `-` or `@` for a formula, and some take one
//! after a tab or a line end: whoever may choose an object's name could have an auditor's machine run
//! it. Such a field gets an apostrophe in front. A field that starts with an apostrophe gets one as well,
//! so that a reader who takes one leading apostrophe from a field has the very text.

use std::{borrow::Cow, io};

use keyward_ledger::RecordView;

use crate::{SiemError, logged::time_of};

/// The first row.
pub const HEADER: [&str; 13] = [
    "seq",
    "time",
    "actor",
    "role",
    "tenant",
    "key",
    "key_version",
    "action",
    "outcome",
    "code",
    "region",
    "request",
    "details",
];

/// Writes records row by row, after the [`HEADER`].
pub struct CsvWriter<W: io::Write> {
    rows: ::csv::Writer<W>,
}

impl<W: io::Write> CsvWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// [`SiemError::Csv`] where the writer fails, as below.
    pub fn new(writer: W) -> Result<Self, SiemError> {
        // Line ends as RFC 4180, 2.1 has them.
        let mut rows =
            ::csv::WriterBuilder::new().terminator(::csv::Terminator::CRLF).from_writer(writer);
        rows.write_record(HEADER)?;
        Ok(Self { rows })
    }

    /// Writes a record. What it lacks is an empty field; `details` is JSON.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn write(&mut self, record: &RecordView<'_>) -> Result<(), SiemError> {
        let text = |value: Option<String>| value.unwrap_or_default();
        let fields: [Cow<'_, str>; HEADER.len()] = [
            record.seq.to_string().into(),
            time_of(record).into(),
            record.actor.as_ref().into(),
            record.role.to_string().into(),
            text(record.tenant.as_ref().map(ToString::to_string)).into(),
            text(record.key.as_ref().map(ToString::to_string)).into(),
            text(record.key_version.map(|version| version.to_string())).into(),
            record.action.as_str().into(),
            record.outcome.as_str().into(),
            record.code.as_deref().unwrap_or_default().into(),
            record.region.as_str().into(),
            record.request.to_string().into(),
            record.details.into(),
        ];
        self.rows.write_record(fields.iter().map(|field| inert(field).into_owned()))?;
        Ok(())
    }

    /// Writes what is still held back, and gives the writer back.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn finish(self) -> Result<W, SiemError> {
        self.rows.into_inner().map_err(|error| SiemError::Csv(error.into_error().into()))
    }
}

/// The field as no spreadsheet runs it.
fn inert(field: &str) -> Cow<'_, str> {
    if field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\'']) {
        format!("'{field}").into()
    } else {
        field.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{LoggedRecord, logged::tests::body};
    use keyward_ledger::{Action, Outcome};
    use proptest::prelude::*;

    fn written(bodies: &[String]) -> String {
        let mut csv = CsvWriter::new(Vec::new()).unwrap();
        for body in bodies {
            csv.write(&LoggedRecord::parse(body).unwrap().record).unwrap();
        }
        String::from_utf8(csv.finish().unwrap()).unwrap()
    }

    #[test]
    fn has_exactly_this_form() {
        assert_eq!(
            written(&[body(Action::ObjectRead, Outcome::Ok)]),
            "seq,time,actor,role,tenant,key,key_version,action,outcome,code,region,request,details\r\n\
             7,2026-11-24T10:23:01.123456Z,alice,application,acme,dk:acme/invoices/3,3,object.read,ok,,\
             eu-central-1,abababababababababababababababab,\
             \"{\"\"dataset\"\":\"\"invoices\"\",\"\"name\"\":\"\"2026/a=b|c.pdf\"\"}\"\r\n"
        );
        assert_eq!(written(&[]).lines().count(), 1);
    }

    proptest! {
        #[test]
        fn any_actor_is_inert_and_reads_back(actor in "[-=+@'\t\r\na-c,\";]{1,8}") {
            let json = serde_json::to_string(&actor).unwrap();
            let text = written(&[body(Action::ObjectRead, Outcome::Ok).replace("\"alice\"", &json)]);
            let mut rows = ::csv::Reader::from_reader(text.as_bytes());
            let row = rows.records().next().unwrap().unwrap();
            prop_assert!(!row[2].starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
            prop_assert_eq!(row[2].strip_prefix('\'').unwrap_or(&row[2]), actor);
        }
    }
}
