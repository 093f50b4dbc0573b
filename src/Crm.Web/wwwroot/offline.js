// Goes on by itself as soon as the server is there.
const look = () => fetch('/health/ready', { cache: 'no-store' }).then(answer => { if (answer.ok) location.reload(); }).catch(() => {});
setInterval(look, 2000);
addEventListener('online', look);
