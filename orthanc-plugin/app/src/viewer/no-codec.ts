// In place of codecs of formats that the plugin never sends.

export default undefined;
