import { render } from 'preact';
import { App } from './app';
import './styles/base.css';
import './styles/shell.css';
import './styles/upload.css';
import './styles/results.css';
import './styles/viewer.css';
import './styles/print.css';

const place = document.getElementById('app');
if (place) {
  render(<App />, place);
}
