// Files go from the browser to the API itself, so that they show how far they are and no page waits for them.
export function take(area, input, page, url, maxBytes) {
  const send = files => [...files].forEach(file => upload(file, page, url, maxBytes));
  const chosen = () => { send(input.files); input.value = ''; };
  input.addEventListener('change', chosen);
  // Whoever was faster than this has chosen already.
  if (input.files.length) chosen();
  area.addEventListener('dragover', event => { event.preventDefault(); area.classList.add('over'); });
  area.addEventListener('dragleave', () => area.classList.remove('over'));
  area.addEventListener('drop', event => {
    event.preventDefault();
    area.classList.remove('over');
    if (!input.disabled) send(event.dataTransfer.files);
  });
}

let number = 0;
let last = Promise.resolve();

function upload(file, page, url, maxBytes) {
  const id = ++number;
  page.invokeMethodAsync('Begun', id, file.name);
  if (file.size > maxBytes) return page.invokeMethodAsync('Ended', id, 413, '');
  last = last.then(() => send(id, file, page, url));
}

// One after the other: of one person only few are taken at a time.
function send(id, file, page, url) {
  return new Promise(done => {
    const form = new FormData();
    form.append('file', file);
    const request = new XMLHttpRequest();
    let told = 0;
    request.upload.onprogress = event => {
      if (event.timeStamp - told < 250) return;
      told = event.timeStamp;
      page.invokeMethodAsync('Went', id, Math.round(100 * event.loaded / event.total));
    };
    request.onloadend = () => page.invokeMethodAsync('Ended', id, request.status, request.status >= 400 ? request.responseText : '').finally(done);
    request.open('POST', url);
    request.setRequestHeader('Idempotency-Key', crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${id}`);
    request.send(form);
  });
}
