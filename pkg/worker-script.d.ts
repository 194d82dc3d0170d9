/** `#worker-script`: the script of the worker, module and all. */
declare const script: string;
export default script;
