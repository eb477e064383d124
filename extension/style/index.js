import './panel.css';
import './signs.css';
import './session.css';
import './clusters.css';
import './run.css';
import './cells.css';
