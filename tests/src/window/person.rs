//! What a person does in the window: finds things by what they say, clicks, types, reads.

use std::time::Instant;

use fantoccini::elements::{Element, ElementRef};
use serde_json::Value;

use super::session::{PATIENCE, Window, WindowError};

/// How an element comes out of a script.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Window {
    /// Clicks what is called so (or begins so, or has it in it): a button, a link, a tab, an entry of a menu, a choice.
    ///
    /// # Errors
    /// [`WindowError::NotThere`] where nothing of that name can be clicked after a while.
    pub async fn click(&self, name: &str) -> Result<(), WindowError> {
        let began = Instant::now();
        loop {
            let clicked = match self.find("control", name).await? {
                Some(found) => found.click().await.is_ok(),
                None => false,
            };
            if clicked {
                return Ok(());
            }
            self.wait(began, name).await?;
        }
    }

    /// Types into the field that is called so, in place of what is in it.
    ///
    /// # Errors
    /// [`WindowError::NotThere`].
    pub async fn fill(&self, name: &str, text: &str) -> Result<(), WindowError> {
        let began = Instant::now();
        loop {
            if let Some(found) = self.find("field", name).await?
                && found.clear().await.is_ok()
                && found.send_keys(text).await.is_ok()
            {
                return Ok(());
            }
            self.wait(began, name).await?;
        }
    }

    /// Chooses one of what a field that drops down offers.
    ///
    /// # Errors
    /// [`WindowError::NotThere`].
    pub async fn choose(&self, name: &str, option: &str) -> Result<(), WindowError> {
        let began = Instant::now();
        loop {
            if let Some(found) = self.find("field", name).await?
                && found.click().await.is_ok()
            {
                return self.click(option).await;
            }
            self.wait(began, name).await?;
        }
    }

    /// Waits until a text can be read somewhere in the window.
    ///
    /// # Errors
    /// [`WindowError::NotThere`].
    pub async fn sees(&self, text: &str) -> Result<(), WindowError> {
        let began = Instant::now();
        while !self.text().await?.contains(text) {
            self.wait(began, text).await?;
        }
        Ok(())
    }

    /// Types keys to whatever has the focus, as many as are given.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn keys(&self, keys: &str) -> Result<(), WindowError> {
        Ok(self.client().active_element().await?.send_keys(keys).await?)
    }

    /// All that can be read in the window, with its white space drawn together; nothing while it loads.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn text(&self) -> Result<String, WindowError> {
        let shown = self.run("return document.body?.innerText ?? '';", Vec::new()).await?;
        let words: Vec<&str> = shown.as_str().unwrap_or_default().split_whitespace().collect();
        Ok(words.join(" "))
    }

    /// Where the window is: the path of its page.
    ///
    /// # Errors
    /// [`WindowError::Driving`].
    pub async fn page(&self) -> Result<String, WindowError> {
        let hash = self.run("return location.hash;", Vec::new()).await?;
        Ok(hash.as_str().unwrap_or_default().trim_start_matches("#/").to_owned())
    }

    async fn find(&self, kind: &str, name: &str) -> Result<Option<Element>, WindowError> {
        let found = self.run(include_str!("find.js"), vec![kind.into(), name.into()]).await?;
        let id = found.get(ELEMENT).and_then(Value::as_str).map(str::to_owned);
        Ok(id.map(|id| Element::from_element_id(self.client().clone(), ElementRef::from(id))))
    }

    async fn wait(&self, began: Instant, name: &str) -> Result<(), WindowError> {
        if began.elapsed() > PATIENCE {
            let shows = self.text().await?.chars().take(1500).collect();
            return Err(WindowError::NotThere { name: name.into(), shows });
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        Ok(())
    }
}
