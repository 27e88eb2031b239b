// "Measure bone / muscle" on the study and series pages of Orthanc Explorer (jQuery 1.7, jQuery Mobile 1.1), and the way to the page that
// shows the result.
(function() {
  'use strict';

  // The attachment that is the record of the latest measurement.
  var ATTACHMENT = 4750;
  var STAGES = {
    queued: 'Waiting for other measurements',
    start: 'Starting',
    fetch: 'Fetching the images',
    read: 'Reading the images',
    segment: 'Labelling',
    measure: 'Measuring',
    write: 'Writing the results',
    store: 'Storing the results'
  };

  // A sentence that jQuery Mobile cuts off tells nothing.
  var WRAPPED = { 'white-space': 'normal', 'overflow-wrap': 'anywhere' };

  function sentence(answer) {
    try {
      var error = JSON.parse(answer.responseText);
      return error.Details || error.Message;
    } catch (e) {
      return answer.status ? 'Orthanc refuses this (HTTP status ' + answer.status + ').' : 'Orthanc does not answer.';
    }
  }

  function link(text, icon) {
    return $('<li>').attr('data-icon', icon).append($('<a>').attr('href', '#').css(WRAPPED).text(text));
  }

  function extend(level, collection) {
    // Explorer has one page for all studies and one for all series: answers to what was asked before the latest visit or
    // click are of no interest.
    var visit = 0;
    var uuid;
    var busy = false;
    var button = link('Measure bone / muscle', 'star');
    var line = $('<p>').css(WRAPPED).css('margin', 0);
    var status = $('<li>').attr('role', 'status').append(line);
    var page = link('Bone / muscle page', 'info');
    var report = link('Bone / muscle report (PDF)', 'search');
    var table = link('Bone / muscle table (CSV)', 'gear');

    function url(path) {
      return '../' + collection + '/' + encodeURIComponent(uuid) + path;
    }

    function unlessLeft(callback) {
      var asked = visit;
      return function(answer) {
        if (asked === visit) {
          callback(answer);
        }
      };
    }

    function ask(method, path, done, failed) {
      $.ajax({
        url: url(path), type: method, dataType: 'json', cache: false,
        success: unlessLeft(done), error: unlessLeft(failed)
      });
    }

    function say(text) {
      line.text(text);
      status.toggle(text !== '');
    }

    function fail(text) {
      busy = false;
      say(text);
    }

    function refuse(answer) {
      fail(sentence(answer));
    }

    function showResults(record) {
      report.toggle(!!record && 'pdf.dcm' in record.instances);
      table.toggle(!!record);
    }

    function follow() {
      ask('GET', '/bone-muscle', function(record) {
        if (record.state === 'queued' || record.state === 'running') {
          var stage = STAGES[record.stage] || STAGES.measure;
          say(stage + ' (' + Math.round(100 * (record.progress || 0)) + ' %)');
          busy = true;
          setTimeout(unlessLeft(follow), 500);
        } else if (record.state === 'done') {
          say('Measured ' + new Date(record.finished).toLocaleString() + '. Research use only.');
          showResults(record);
          if (busy) {
            busy = false;
            Refresh();
          }
        } else {
          fail(record.error.details);
        }
      }, refuse);
    }

    function measure(event) {
      event.preventDefault();
      if (busy || !uuid) {
        return;
      }
      busy = true;
      visit += 1;
      showResults(null);
      say('Starting');
      ask('POST', '/bone-muscle', follow, refuse);
    }

    function show() {
      visit += 1;
      uuid = $.mobile.pageData && $.mobile.pageData.uuid;
      busy = false;
      say('');
      showResults(null);
      page.toggle(!!uuid);
      if (!uuid) {
        return;
      }
      page.find('a').attr('href', '../bone-muscle/app/#/' + collection + '/' + encodeURIComponent(uuid));
      report.find('a').attr('href', url('/bone-muscle/report.pdf'));
      table.find('a').attr('href', url('/bone-muscle/results.csv'));
      // Asking for a record that is not there would put a 404 into the browser's console at every visit.
      ask('GET', '/attachments?full', function(attachments) {
        $.each(attachments, function(name, number) {
          if (Number(number) === ATTACHMENT) {
            follow();
          }
        });
      }, $.noop);
    }

    $('#' + level).live('pagebeforecreate', function() {
      $('#' + level + '-delete').closest('li').before(button, status, page, report, table);
      page.add(report).add(table).find('a').attr('target', '_blank');
      button.find('a').click(measure);
    });
    $('#' + level).live('pagebeforeshow', show);
    $('#' + level).live('pagehide', function() {
      visit += 1;
    });
    // From one study to another the page stays, and only the address changes.
    $(function() {
      $(window).hashchange(function() {
        if ($.mobile.pageData.active === level && $.mobile.pageData.uuid !== uuid) {
          show();
        }
      });
    });
  }

  extend('study', 'studies');
  extend('series', 'series');

  // Explorer names attachments by their number.
  $(document).ajaxComplete(function() {
    $('#study-access, #series-access').find('a[id="' + ATTACHMENT + '"]').text('Download bone / muscle record');
  });
})();
