import './panel.css';
import './signs.css';
import './session.css';
import './clusters.css';
