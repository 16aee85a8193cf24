//! A feed document, in any dialect.

use crate::model::Document;
use crate::parse;

use super::{Error, Read};

pub(super) fn read(document: &Document) -> Result<Read, Error> {
    Ok(Read { reading: parse::feed(document)?, next: Vec::new() })
}
