//! The first step. RFC 6749. A comment may speak of web_sys and of crate::protocol::second.

pub struct First(pub &'static str);

#[cfg(test)]
mod tests {
    use crate::protocol::second::Second;
}
