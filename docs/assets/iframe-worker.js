// Search on a page that was opened as a file: browsers start no worker from there, so a hidden frame does its work.
// The name of this file keeps the theme's offline plugin from naming one that would be fetched from elsewhere.
if (location.protocol === "file:") {
  const importScripts = "(...urls) => urls.reduce((before, url) => before.then(() => new Promise((done, failed) => {" +
    "const script = document.createElement('script'); script.src = url; script.onload = done; script.onerror = failed;" +
    "document.body.appendChild(script); })), Promise.resolve())";
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.appendChild(frame);
      this.inside = frame.contentWindow;
      window.addEventListener("message", (event) => {
        if (event.source === this.inside) this.dispatchEvent(new MessageEvent("message", { data: event.data }));
      });
      const page = this.inside.document;
      page.open();
      page.write("<body><script>postMessage = (data) => parent.dispatchEvent(new MessageEvent('message', {data, source: window}));" +
        `importScripts = ${importScripts};</scr` + `ipt><script src="${url}"></scr` + "ipt></body>");
      this.ready = new Promise((done) => { this.inside.addEventListener("load", done); }); // open() takes listeners away
      page.close();
    }

    postMessage(data) {
      this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })));
    }
  };
}
