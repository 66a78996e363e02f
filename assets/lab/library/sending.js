// A file on its way to the server.

import {hello} from "../page/lease.js";

/**
 * Sends it as it is. Where the browser keeps no cookie, the tab's secret says who does.
 *
 * @param {string} address
 * @param {Blob} content
 * @param {(share: number) => void} progress hears how much of it has gone, from 0 to 1
 * @returns {Promise<{status: number, text: string}>} what is answered; the status is 0 where nobody does
 */
export function send(address, content, progress) {
  return new Promise((done) => {
    const request = new XMLHttpRequest(); // `fetch` does not say how much has gone
    request.open("POST", address);
    request.setRequestHeader("x-lab-secret", hello().secret);
    request.setRequestHeader("content-type", "application/octet-stream");
    request.upload.onprogress = ({loaded, total}) => progress(total ? loaded / total : 1);
    request.onloadend = () => done({status: request.status, text: request.responseText});
    request.send(content);
  });
}
