// How numbers, times and states read, and how elements are made: text is always text.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(value) {
  let amount = value ?? 0;
  let unit = 0;
  while (amount >= 1023.5 && unit < UNITS.length - 1) {
    amount /= 1024;
    unit++;
  }
  const digits = unit === 0 || amount >= 99.95 ? 0 : amount >= 9.995 ? 1 : 2;
  return `${amount.toFixed(digits)} ${UNITS[unit]}`;
}

export function rate(value) {
  return value == null ? '' : `${bytes(value)}/s`;
}

export function duration(seconds) {
  if (seconds == null) {
    return '';
  }
  const whole = Math.max(0, Math.round(seconds));
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = String(whole % 60).padStart(2, '0');
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, '0')}:${rest}` : `${minutes}:${rest}`;
}

export function time(millis) {
  return millis == null ? '' : new Date(millis).toLocaleString(undefined, {dateStyle: 'medium', timeStyle: 'medium'});
}

export function clock(millis) {
  return new Date(millis).toLocaleTimeString();
}

export function baseName(source) {
  const name = (source ?? '').split('/').filter(Boolean).pop();
  return name || '(no name)';
}

export const STATES = ['running', 'retrying', 'queued', 'paused', 'failed', 'cancelled', 'completed'];

/** An element with properties, attributes and children; strings become text nodes, never markup. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === 'class') {
      made.className = value;
    } else if (name.startsWith('on')) {
      made.addEventListener(name.slice(2), value);
    } else if (value != null) {
      made.setAttribute(name, value);
    }
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

/** Writes only what differs: an unchanged row costs no layout. */
export function put(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}
