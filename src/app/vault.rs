//! One session, kept encrypted in IndexedDB. Whoever copies what a script can read there gets no token; a script of this very
//! origin can still have the browser decrypt it (OAuth 2.0 for Browser-Based Applications §8.6).

use crate::browser::entropy::random_id;
use crate::protocol::secret::Wiped;
use crate::protocol::shared::{Before, Entry, Id};
use alloc::format;
use alloc::string::{String, ToString};
use core::cell::{Cell, RefCell};
use gloo_events::EventListener;
use gloo_timers::callback::Timeout;
use js_sys::{Array, Object, Promise, Reflect, Uint8Array};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{JsValue, wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AesGcmParams, AesKeyGenParams, CryptoKey, EventTarget, IdbDatabase, IdbFactory, IdbObjectStore, IdbRequest,
    IdbTransaction, SubtleCrypto, Window,
};

#[wasm_bindgen]
extern "C" {
    /// With options, which `web-sys` has only for those who compile with a flag of its own.
    type Database;
    #[wasm_bindgen(method, catch)]
    fn transaction(this: &Database, table: &str, mode: &str, options: &Object) -> Result<IdbTransaction, JsValue>;
}

/// Not the npm package's: what is in there is of another form.
const DATABASE: &str = "procore-spa-auth-app";
const TABLE: &str = "sessions";
/// The version of an entry.
const VERSION: f64 = 1.0;
/// A database may hang, and nobody is to hang with it.
const PATIENCE_MS: u32 = 10_000;

type Done<T> = Result<T, JsValue>;

/// A kept session, by the name of the client that it belongs to.
pub(super) struct Vault {
    databases: IdbFactory,
    subtle: SubtleCrypto,
    slot: String,
    connection: RefCell<Option<Connection>>,
    running: RefCell<Option<IdbTransaction>>,
    is_suspended: Cell<bool>,
}

struct Connection {
    database: IdbDatabase,
    /// A later version, or somebody who deletes the database, must not wait for this tab.
    _closing: EventListener,
}

impl Vault {
    /// `None` where the browser has no database or no cryptography here.
    pub(super) fn new(window: &Window, name: &str) -> Option<Self> {
        Some(Self {
            databases: window.indexed_db().ok()??,
            subtle: window.crypto().ok()?.subtle(),
            slot: ["session ", name].concat(),
            connection: RefCell::default(),
            running: RefCell::default(),
            is_suspended: Cell::new(false),
        })
    }

    /// What is kept now. What is damaged or of another version is removed.
    pub(super) async fn read(&self, is_buried: impl Fn(Id) -> bool) -> Done<Option<Entry<Wiped>>> {
        let (table, end) = self.begin("readonly", false).await?;
        let found = result(&table.get(&self.slot.as_str().into())?).await?;
        self.end(end).await?;
        if found.is_undefined() {
            return Ok(None);
        }
        let revision = number(&found, "revision");
        match self.open(&found, is_buried).await {
            Ok(entry) => Ok(Some(entry)),
            Err(_) => {
                self.change(|now| number(now, "revision") == revision, None, false)
                    .await?;
                Ok(None)
            }
        }
    }

    /// Keeps a session in place of `before`. Answers with its revision, or with nothing: something else stands there.
    pub(super) async fn write(&self, record: &str, id: Id, is_out: bool, before: Before) -> Done<Option<Id>> {
        let revision = random_id().map_err(|_| JsValue::NULL)?;
        let entry = self.seal(record, revision, id, is_out).await?;
        // What a crash of the device forgets would be sent twice.
        let is_written = self.change(|now| is_meant(now, before), Some(&entry), is_out).await?;
        Ok(is_written.then_some(revision))
    }

    /// Removes `before`. Answers whether it did.
    pub(super) async fn clear(&self, before: Before) -> Done<bool> {
        self.change(|now| is_meant(now, before), None, false).await
    }

    /// Stops what runs: a page that is left may be kept with all it holds, and a transaction that is kept blocks other tabs.
    pub(super) fn suspend(&self) {
        self.is_suspended.set(true);
        if let Some(transaction) = self.running.borrow_mut().take() {
            // It may be so far that nobody could say it has not happened: then it is waited for.
            let _ = transaction.abort();
        }
        self.disconnect();
    }

    pub(super) fn resume(&self) {
        self.is_suspended.set(false);
    }

    // Cryptography.

    /// An entry of the database. Its key is a new one each time, gone with it, and no script can read it out.
    async fn seal(&self, record: &str, revision: Id, id: Id, is_out: bool) -> Done<JsValue> {
        let mut iv = [0; 12];
        getrandom::fill(&mut iv).map_err(|_| JsValue::NULL)?;
        let iv = Uint8Array::from(iv.as_slice());
        let usages = Array::of2(&"encrypt".into(), &"decrypt".into());
        let kind = AesKeyGenParams::new("AES-GCM", 256);
        let key = JsFuture::from(self.subtle.generate_key_with_object(&kind, false, &usages)?).await?;
        let cipher = self.cipher(&iv, revision, id, is_out);
        let text = Uint8Array::from(record.as_bytes());
        let sealing = self
            .subtle
            .encrypt_with_object_and_js_u8_array(&cipher, key.unchecked_ref(), &text);
        let data = JsFuture::from(sealing?).await;
        text.fill(0, 0, text.length());
        let entry = Object::new();
        for (name, value) in [
            ("v", VERSION.into()),
            ("revision", exact(revision)),
            ("id", exact(id)),
            ("isOut", is_out.into()),
            ("key", key),
            ("iv", iv.into()),
            ("data", data?),
        ] {
            Reflect::set(&entry, &name.into(), &value)?;
        }
        Ok(entry.into())
    }

    async fn open(&self, found: &JsValue, is_buried: impl Fn(Id) -> bool) -> Done<Entry<Wiped>> {
        let member = |name: &str| Reflect::get(found, &name.into());
        let (Some(revision), Some(id)) = (number(found, "revision"), number(found, "id")) else {
            return Err(JsValue::NULL);
        };
        if member("v")? != VERSION {
            return Err(JsValue::NULL);
        }
        let is_out = member("isOut")?.is_truthy();
        let key: CryptoKey = member("key")?.dyn_into()?;
        let cipher = self.cipher(&member("iv")?.dyn_into()?, revision, id, is_out);
        let data = Uint8Array::new(&member("data")?);
        let opening = self.subtle.decrypt_with_object_and_js_u8_array(&cipher, &key, &data)?;
        let opened = Uint8Array::new(&JsFuture::from(opening).await?);
        let record = String::from_utf8(opened.to_vec()).map_err(|_| JsValue::NULL)?;
        opened.fill(0, 0, opened.length());
        Ok(Entry::new(revision, id, is_out, is_buried(id), Wiped::new(record)))
    }

    /// Binds the text to its place and time: no record stands in for another.
    fn cipher(&self, iv: &Uint8Array, revision: Id, id: Id, is_out: bool) -> AesGcmParams {
        let cipher = AesGcmParams::new_with_u8_array("AES-GCM", iv);
        let place = format!("{},{id},{revision},{is_out}", self.slot);
        cipher.set_additional_data(&Uint8Array::from(place.as_bytes()));
        cipher
    }

    // The database.

    /// Puts `entry`, or nothing, in place of what there is, if that is meant. Answers whether it was.
    async fn change(
        &self,
        is_meant: impl Fn(&JsValue) -> bool,
        entry: Option<&JsValue>,
        is_strict: bool,
    ) -> Done<bool> {
        let (table, end) = self.begin("readwrite", is_strict).await?;
        let slot = JsValue::from_str(&self.slot);
        let found = result(&table.get(&slot)?).await?;
        let is_meant = is_meant(&found);
        if is_meant {
            match entry {
                Some(entry) => table.put_with_key(entry, &slot)?,
                None => table.delete(&slot)?,
            };
        }
        self.end(end).await?;
        Ok(is_meant)
    }

    /// A transaction, and its end.
    async fn begin(&self, mode: &str, is_strict: bool) -> Done<(IdbObjectStore, JsFuture)> {
        let database = self.connect().await?;
        if self.is_suspended.get() {
            return Err(JsValue::NULL);
        }
        let options = Object::new();
        let durability = if is_strict { "strict" } else { "default" };
        Reflect::set(&options, &"durability".into(), &durability.into())?;
        let begun = database.unchecked_ref::<Database>().transaction(TABLE, mode, &options);
        let transaction = begun.inspect_err(|_| self.reset(&database))?;
        let ending = Promise::new(&mut |resolve, reject| {
            transaction.set_oncomplete(Some(&resolve));
            transaction.set_onabort(Some(&reject));
        });
        let table = transaction.object_store(TABLE)?;
        let late = transaction.clone();
        Timeout::new(PATIENCE_MS, move || {
            let _ = late.abort();
        })
        .forget();
        *self.running.borrow_mut() = Some(transaction);
        Ok((table, JsFuture::from(ending)))
    }

    async fn end(&self, end: JsFuture) -> Done<()> {
        let ended = end.await;
        self.running.borrow_mut().take();
        // A connection may have died in the background. Nobody uses it again.
        ended.inspect_err(|_| self.disconnect()).map(|_| ())
    }

    async fn connect(&self) -> Done<IdbDatabase> {
        if let Some(connection) = &*self.connection.borrow() {
            return Ok(connection.database.clone());
        }
        let opening = self.databases.open_with_u32(DATABASE, 1)?;
        let upgraded = opening.clone();
        let _upgrade = EventListener::once(&opening, "upgradeneeded", move |_| {
            let database = upgraded.result().map(JsCast::unchecked_into::<IdbDatabase>);
            let _ = database.and_then(|database| database.create_object_store(TABLE));
        });
        let late = Promise::new(&mut |_, reject| {
            Timeout::new(PATIENCE_MS, move || {
                let _ = reject.call0(&JsValue::UNDEFINED);
            })
            .forget();
        });
        let opened = JsFuture::from(Promise::race(&Array::of2(&settled(&opening), &late)));
        opened.await?;
        let database: IdbDatabase = opening.result()?.dyn_into()?;
        let closing = database.clone();
        let target: &EventTarget = &database;
        let _closing = EventListener::once(target, "versionchange", move |_| closing.close());
        let connection = Connection {
            database: database.clone(),
            _closing,
        };
        *self.connection.borrow_mut() = Some(connection);
        Ok(database)
    }

    fn disconnect(&self) {
        if let Some(connection) = self.connection.borrow_mut().take() {
            connection.database.close();
        }
    }

    /// No transaction can be begun: the connection has died, or somebody has made an empty database of that name, which would
    /// stay so for ever.
    fn reset(&self, database: &IdbDatabase) {
        self.disconnect();
        if !database.object_store_names().contains(TABLE) {
            let _ = self.databases.delete_database(DATABASE);
        }
    }
}

impl core::fmt::Debug for Vault {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(&self.slot.to_string())
    }
}

fn settled(request: &IdbRequest) -> Promise {
    Promise::new(&mut |resolve, reject| {
        request.set_onsuccess(Some(&resolve));
        request.set_onerror(Some(&reject));
    })
}

async fn result(request: &IdbRequest) -> Done<JsValue> {
    JsFuture::from(settled(request)).await?;
    request.result()
}

fn is_meant(now: &JsValue, before: Before) -> bool {
    match before {
        Before::Nothing => now.is_undefined(),
        Before::Revision(revision) => number(now, "revision") == Some(revision),
        Before::Anything => true,
    }
}

/// As JavaScript has it, exactly: up to 2^53.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "there is no other way to f64, and it is exact up to 2^53"
)]
fn exact(id: Id) -> JsValue {
    JsValue::from_f64(id as f64)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "there is no other way from f64; the cast saturates, and NaN becomes 0, which is no revision of ours"
)]
fn number(found: &JsValue, name: &str) -> Option<Id> {
    let value = Reflect::get(found, &name.into()).ok()?.as_f64()?;
    Some(value as Id)
}
