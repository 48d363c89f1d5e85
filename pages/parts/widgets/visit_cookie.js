// Keep the tokens of this browser's sessions in a cookie that ends with the browser: data: {name, token}.
const MOST = 8;

function keepVisit({ name, token }) {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  const others = (found ? found.slice(name.length + 1).split(".") : []).filter((one) => one && one !== token);
  document.cookie = `${name}=${[...others, token].slice(-MOST).join(".")}; path=/; SameSite=Strict`;
}
