import './panel.css';
import './signs.css';
import './session.css';
import './clusters.css';
import './runs.css';
import './run.css';
import './cells.css';
